"""``python -m reseen``: the same as the ``reseen`` program."""

from reseen.cli import main

if __name__ == "__main__":
    main()
