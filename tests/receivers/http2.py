"""A receiver that speaks HTTP/2 alone."""

from asyncio import StreamReader, StreamWriter

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived, StreamEnded
from receivers.behaviours import MARK, Behaviour


def http2(requests: list[dict[bytes, bytes]], *, answers: bool = True) -> Behaviour:
    """Notes the headers of each request, and answers, or resets the stream."""

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        connection = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        while data := await reader.read(65_536):
            for event in connection.receive_data(data):
                if isinstance(event, RequestReceived):
                    requests.append(dict(event.headers))
                elif isinstance(event, StreamEnded):
                    _end(connection, event.stream_id, answers)
            writer.write(connection.data_to_send())

    return serve


def _end(connection: H2Connection, stream: int, answers: bool) -> None:
    if not answers:
        connection.reset_stream(stream, error_code=1)
        return
    connection.send_headers(stream, [(":status", "200"), ("content-length", str(len(MARK)))])
    connection.send_data(stream, MARK, end_stream=True)
