"""A receiver that speaks HTTP/2 alone, and refuses every request that it has read."""

from asyncio import StreamReader, StreamWriter

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import RequestReceived
from receivers.behaviours import Behaviour


def http2_refusing(requests: list[dict[bytes, bytes]], how: str) -> Behaviour:
    """Notes the headers of each request, and resets its stream, or ends the connection by GOAWAY."""

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        connection = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        while data := await reader.read(65_536):
            for event in connection.receive_data(data):
                if isinstance(event, RequestReceived):
                    requests.append(dict(event.headers))
                    if how == "by GOAWAY":
                        connection.close_connection(last_stream_id=0)
                    else:
                        connection.reset_stream(event.stream_id, ErrorCodes.REFUSED_STREAM)
            writer.write(connection.data_to_send())
            if how == "by GOAWAY" and requests:
                return

    return serve
