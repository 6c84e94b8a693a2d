"""The codecs: values to bytes and back."""
