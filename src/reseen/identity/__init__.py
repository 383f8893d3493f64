"""What proves who somebody is: passwords, passkeys, an OpenID provider."""
