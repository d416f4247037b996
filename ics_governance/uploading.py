"""The most that a request may bring: more is refused before any of it is read."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

MB = 1024 * 1024
MOST = 25 * MB  # a file of 20 MB, with what a form adds to it


class RefuseTooMuch(FileUploadHandler):
    """Looks at the announced size alone, and leaves the files to the handlers after it."""

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:  # noqa: N803
        """Refuse what is announced as too large; what is not announced is not read by the server at all."""
        if content_length > MOST:
            raise RequestDataTooBig(f"A request of {content_length} bytes")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Passed on."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Kept by another handler."""
