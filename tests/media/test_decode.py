"""The decoder that the server uses, over real files and real processes."""

from reseen.testing.decoder_contract import DecoderContract


class TestIsolatedDecoder(DecoderContract):
    pass
