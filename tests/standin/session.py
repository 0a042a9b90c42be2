"""One client's connection: pysqlbridge speaks the login, this what comes after it."""

from __future__ import annotations

from typing import Final

from pysqlbridge.certificate import Certificate
from pysqlbridge.tds.batch import parse_sql_batch, skip_all_headers
from pysqlbridge.tds.connection import Connection, ConnectionState
from pysqlbridge.tds.login import deobfuscate_password
from pysqlbridge.tds.packet import HEADER_SIZE, Message, PacketStatus, PacketType, TdsProtocolError
from pysqlbridge.tds.result import QueryError
from pysqlbridge.tds.token import DoneStatus, done, error_response
from pysqlbridge.tds.transaction import TransactionRequestType, parse_transaction_request
from standin.calls import Argument, Call, read_calls
from standin.catalogue import data_types
from standin.executing import CancelledError, DroppedError, Executor
from standin.hub import Bound, Hub, Plan
from standin.records import Arrival
from standin.reply import SERVER, Reply, handle_value

_RESET: Final = PacketStatus.RESET_CONNECTION | PacketStatus.RESET_CONNECTION_SKIP_TRAN
DATABASE: Final = "aptic"


class Session(Connection):
    """`is_dropped` is set where the connection is to be closed once what `receive` gave is sent."""

    def __init__(self, hub: Hub, certificate: Certificate) -> None:
        super().__init__(certificate, server_name=SERVER, database=DATABASE, logins=hub)
        self.hub = hub
        self.executor = Executor(hub)
        self.is_dropped = False
        self._prepared: dict[int, Plan] = {}
        self._next_handle = 1
        self._seen = 0
        self._packets: list[bytes] = []

    def _answer_sql_login(self, responses: list[bytes]) -> bool:
        login = self._login
        assert login is not None
        user = login.user_name
        self.hub.arrived(Arrival(0, "login", user))
        fault = self.hub.strike(user, "login")
        if fault is None:
            if self.hub.admits(user, deobfuscate_password(login.password)):
                self._finish_login(responses)
                self.executor.spid = self._spid
                return True
            number, severity, text = 18456, 14, f"Login failed for user '{user}'."
        elif fault.number is None:
            self.is_dropped = True
            return False
        else:
            number, severity, text = fault.number, fault.severity, fault.message
        self._send(
            responses, error_response(number, text, server=SERVER, severity=severity, tds_version=self._tds_version)
        )
        self._state = ConnectionState.FAILED
        self.is_dropped = True
        return True

    def _take_message(self) -> Message | None:
        """As pysqlbridge's, but each packet is looked at once, however many reads a long message takes."""
        source = self._buffer
        if self._session_encrypted and self._tunnel is not None:
            if self._buffer:
                self._plaintext += self._tunnel.unwrap(bytes(self._buffer))
                self._buffer.clear()
            source = self._plaintext
        while len(source) >= self._seen + HEADER_SIZE:
            start = self._seen
            end = start + int.from_bytes(source[start + 2 : start + 4], "big")
            if end > len(source) or end < start + HEADER_SIZE:
                break
            self._packets.append(bytes(source[start + HEADER_SIZE : end]))
            self._seen = end
            if source[start + 1] & PacketStatus.END_OF_MESSAGE:
                type_, status = PacketType(source[0]), PacketStatus(source[1])
                message = Message(type_, b"".join(self._packets), end, status)
                del source[:end]
                self._seen = 0
                self._packets.clear()
                return message
        return None

    def _step_query(self, responses: list[bytes]) -> bool:
        message = self._take_message()
        if message is None:
            return False
        if message.status & _RESET:
            self.executor.reset()
        try:
            payload = self._answered(message.type, message.payload)
        except DroppedError as dropped:
            self.is_dropped = True
            payload = dropped.sent
        except CancelledError:
            payload = done(status=DoneStatus.ERROR, tds_version=self._tds_version)  # the attention comes next
        if payload:
            self._send(responses, payload)
        return not self.is_dropped

    def _answered(self, type_: PacketType, payload: bytes) -> bytes:
        match type_:
            case PacketType.SQL_BATCH:
                return self._batch(parse_sql_batch(payload, self._tds_version))
            case PacketType.RPC:
                reply = Reply(call=True)
                for number, call in enumerate(read_calls(payload, self._tds_version)):
                    self._call(call, reply, is_message=number == 0)
                return reply.finished()
            case PacketType.TRANSACTION_MANAGER:
                return self._transaction(payload)
            case PacketType.ATTENTION:
                self.hub.arrived(Arrival(self._spid, "attention"))
                return done(status=DoneStatus.FINAL | DoneStatus.ATTENTION, tds_version=self._tds_version)
            case _:
                raise TdsProtocolError(f"a client sends no {type_.name} here")

    def _batch(self, text: str) -> bytes:
        self.hub.arrived(Arrival(self._spid, "batch", text))
        reply = Reply(call=False)
        try:
            plan = self.hub.plan(text, "")
        except QueryError as error:
            reply.error(error, self._tds_version)
        else:
            self.executor.run(plan, [], reply, self._tds_version)
        return reply.finished()

    def _transaction(self, payload: bytes) -> bytes:
        request = parse_transaction_request(payload, self._tds_version)
        executor = self.executor
        kinds = {
            TransactionRequestType.BEGIN_XACT: executor.begin,
            TransactionRequestType.COMMIT_XACT: executor.commit,
            TransactionRequestType.ROLLBACK_XACT: executor.rollback,
        }
        self.hub.arrived(Arrival(self._spid, "transaction", request.kind.name.lower()))
        reply = Reply(call=False)
        try:
            if request.kind not in kinds:
                raise QueryError("The stand-in has no savepoints and no distributed transactions.", number=50000)
            executor.suffer_planned(f"transaction {request.kind.name}", reply)
            reply.add(kinds[request.kind](), executor.begin() if _begins_another(payload, self._tds_version) else b"")
            reply.done()
        except QueryError as error:
            reply.error(error, self._tds_version)
        return reply.finished()

    def _call(self, call: Call, reply: Reply, *, is_message: bool) -> None:
        arguments, procedure = call.arguments, call.procedure
        try:
            match procedure:
                case "sp_executesql":
                    plan = self._planned(*arguments[:2][::-1])
                    returned, values = (), arguments[2:]
                case "sp_prepexec":
                    self._prepared.pop(_number(arguments[0]), None)
                    plan = self._planned(*arguments[1:3])
                    returned, values = (handle_value(self._keep(plan)),), arguments[3:]
                case "sp_execute":
                    plan = self._kept(arguments[0])
                    returned, values = (), arguments[1:]
                case "sp_prepare":
                    plan = self._planned(*arguments[1:3])
                    self._note(call, plan, None, is_message)
                    reply.end_call(0, [handle_value(self._keep(plan))])
                    return
                case "sp_unprepare":
                    plan = self._kept(arguments[0])
                    del self._prepared[_number(arguments[0])]
                    self._note(call, plan, None, is_message)
                    reply.end_call(0)
                    return
                case "sp_datatype_info_100":
                    self.hub.arrived(Arrival(self._spid, procedure), is_message=is_message)
                    self.executor.give(data_types(_number(arguments[0])), reply)
                    reply.end_call(0)
                    return
                case _:
                    self.hub.arrived(Arrival(self._spid, procedure), is_message=is_message)
                    raise QueryError(f"Could not find stored procedure '{procedure}'.", number=2812)
        except QueryError as error:
            reply.error(error, self._tds_version)
            reply.end_call(error.number, [handle_value(None)] if procedure in ("sp_prepexec", "sp_prepare") else [])
            return
        bound = _bound(plan, values)
        self._note(call, plan, bound, is_message)
        failure = self.executor.run(plan, bound.values, reply, self._tds_version)
        reply.end_call(failure, returned)

    def _note(self, call: Call, plan: Plan, bound: Bound | None, is_message: bool) -> None:
        handle = None if call.procedure == "sp_executesql" else _number(call.arguments[0]) or self._next_handle - 1
        arrival = Arrival(self._spid, call.procedure, plan.text, handle=handle)
        self.hub.arrived(arrival, bound, is_message=is_message)

    def _planned(self, declaration: Argument, text: Argument | None = None) -> Plan:
        if text is None:  # sp_executesql without parameters
            declaration, text = Argument("", "", declaration.type, False), declaration
        return self.hub.plan(str(text.value), str(declaration.value or ""))

    def _keep(self, plan: Plan) -> int:
        handle = self._next_handle
        self._next_handle += 1
        self._prepared[handle] = plan
        return handle

    def _kept(self, handle: Argument) -> Plan:
        plan = self._prepared.get(_number(handle))
        if plan is None:
            raise QueryError(f"Could not find prepared statement with handle {_number(handle)}.", number=8179)
        return plan


def _begins_another(payload: bytes, tds_version: int) -> bool:
    """Whether the end of a transaction asks for the next one at once, as FreeTDS does out of autocommit."""
    at = skip_all_headers(payload, tds_version)
    kind = int.from_bytes(payload[at : at + 2], "little")
    if kind not in (TransactionRequestType.COMMIT_XACT, TransactionRequestType.ROLLBACK_XACT):
        return False
    flags = at + 3 + payload[at + 2]
    return flags < len(payload) and bool(payload[flags] & 1)


def _number(argument: Argument) -> int:
    return argument.value if isinstance(argument.value, int) else 0


def _bound(plan: Plan, arguments: tuple[Argument, ...]) -> Bound:
    """The values in the order of the declaration."""
    if any(argument.name for argument in arguments):
        by_name = {argument.name.lower(): argument for argument in arguments}
        arguments = tuple(by_name[name] for name in plan.names if name in by_name)
    return Bound(plan, [argument.value for argument in arguments], [argument.type for argument in arguments])
