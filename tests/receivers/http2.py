"""A receiver that speaks HTTP/2 alone."""

from asyncio import StreamReader, StreamWriter, get_running_loop

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived, StreamEnded
from receivers.behaviours import MARK, Behaviour


def http2(requests: list[dict[bytes, bytes]], *, answers: bool = True, slow: float = 2.0) -> Behaviour:
    """Notes the headers of each request, and answers, or resets the stream. To /slow it answers after a while."""

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        connection = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        paths: dict[int, bytes] = {}
        while data := await reader.read(65_536):
            for event in connection.receive_data(data):
                if isinstance(event, RequestReceived):
                    requests.append(dict(event.headers))
                    paths[event.stream_id] = requests[-1][b":path"]
                elif isinstance(event, StreamEnded):
                    wait = slow if paths[event.stream_id] == b"/slow" else 0.0
                    get_running_loop().call_later(wait, _end, connection, writer, event.stream_id, answers)
            writer.write(connection.data_to_send())

    return serve


def _end(connection: H2Connection, writer: StreamWriter, stream: int, answers: bool) -> None:
    if answers:
        connection.send_headers(stream, [(":status", "200"), ("content-length", str(len(MARK)))])
        connection.send_data(stream, MARK, end_stream=True)
    else:
        connection.reset_stream(stream, error_code=1)
    writer.write(connection.data_to_send())
