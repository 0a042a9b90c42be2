"""The bodies of the events about money: payments, refunds, plans, reminders. See fixture_reckoning.py."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from fixture_rows import Ledger, Row, cents, folded, invoice, stamp


def ledgerpayment(ledger: Ledger, message: Row, secret: str | None) -> object:
    account, head = invoice(ledger, message["data"])
    booked = ledger.all("dat_trans", accountid=account["accountid"], paymentid=int(message["data"]["paymentid"]))
    return head | {"paidamount": cents(sum(-row["transamount"] for row in booked)), "secret": secret}


def partpayment(ledger: Ledger, message: Row, secret: str | None) -> object:
    data = message["data"]
    account, head = invoice(ledger, data)
    payment = ledger.one("dat_payment", paymentid=int(data["paymentid"]))
    booked = ledger.all("dat_trans", accountid=account["accountid"])
    lines = sorted((row for row in booked if row["paymentid"] == payment["paymentid"]), key=lambda row: row["transid"])
    return head | {
        "received": payment["amount"],
        "isasannounced": payment["amount"] == Decimal(data["amount"]),
        "currency": payment["currencycode"],
        **{name: payment[name] for name in ("payername", "paymentref", "bookdate")},
        "receivedat": stamp(payment["receivedat"]),
        "remaining": cents(sum(row["transamount"] for row in booked)),
        "lasttransdate": max(row["transdate"] for row in booked),
        "secret": secret,
        "lines": [
            _line(number, row, account, ledger.some("dat_debthead", debtheadid=row["debtheadid"]) or {})
            for number, row in enumerate(lines, start=1)
        ],
    }


def _line(number: int, row: Row, account: Row, debt: Row) -> Row:
    return {
        "line": number,
        "invoicenumber": debt.get("debtref"),
        "description": debt.get("debttext"),
        "amount": -row["transamount"],
        "kind": row["transtype"].rstrip(" ").upper(),
        "transdate": row["transdate"],
        "transtext": row["transtext"],
        "onmaindebt": int(row["debtheadid"] == account["maindebtheadid"]),
    }


def refundmade(ledger: Ledger, message: Row, secret: str | None) -> object:
    _, head = invoice(ledger, message["data"])
    refund = ledger.one("dat_refund", refundid=int(message["data"]["refundid"]))
    currency = ledger.one("cde_currency", currencycode=refund["currencycode"])
    payment = ledger.some("dat_payment", paymentid=refund["paymentid"]) or {}
    reasons = {"o": "Överbetalning", "d": "Dubbel betalning – återförs"}  # noqa: RUF001
    return {
        "refundid": refund["refundid"],
        **head,
        "refundamount": refund["refundamount"],
        "currency": refund["currencycode"],
        "currencyname": currency["currencyname"],
        "minorunits": currency["minorunits"],
        "exchangerate": refund["exchangerate"],
        "reason": reasons.get(refund["reasoncode"].lower(), "Återtaget av uppdragsgivaren"),
        "bankaccount": refund["bankaccount"] and "•••• " + refund["bankaccount"][-4:],
        "paymentid": payment.get("paymentid"),
        "paymentamount": payment.get("amount"),
        "paymentreceivedat": stamp(payment.get("receivedat")),
        "requestedat": stamp(refund["requestedat"]),
        "paidat": stamp(refund["paidat"]),
        "secret": secret,
    }


def paymentplanagreed(ledger: Ledger, message: Row, secret: str | None) -> object:
    account, head = invoice(ledger, message["data"])
    plan = ledger.one("dat_paymentplan", uniqueid=message["data"]["planguid"])
    debtor = ledger.one("dat_party", partyid=account["partyid"])
    instalments = ledger.all("dat_instalment", paymentplanid=plan["paymentplanid"])
    return {
        "planguid": plan["uniqueid"],
        **head,
        "contact": plan["contactname"] or debtor["partyname"],
        **{name: plan[name] for name in ("totalamount", "setupfee", "yearlyrate", "agreeddate", "agreedtime")},
        "isactive": bool(plan["isactive"]),
        "instalmentcount": len(instalments),
        "secret": secret,
        "instalments": [
            {
                "instalmentno": row["instalmentno"],
                "duedate": row["duedate"],
                "amount": row["amount"],
                "paidamount": cents(row["paidamount"] or 0),
                "paidat": stamp(row["paidat"]),
                "ispaid": (row["paidamount"] or 0) >= row["amount"],
            }
            for row in sorted(instalments, key=lambda row: row["instalmentno"])
        ],
    }


def remindersent(ledger: Ledger, message: Row, secret: str | None) -> object:
    account, head = invoice(ledger, message["data"])
    reminder = ledger.one("dat_reminder", reminderid=int(message["data"]["reminderid"]))
    sent, due = (date.fromisoformat(reminder[name]) for name in ("sentdate", "duedate"))
    return head | {
        "client": ledger.one("dat_client", clientid=account["clientid"])["clientname"],
        "clientreference": account["clientreference"],
        "remindernumber": reminder["remindernumber"],
        "channel": {"letter": "brev", "email": "e-post"}.get(str(folded(reminder["channel"])), "annat"),
        "fee": Decimal("0.0000") if reminder["fee"] is None else reminder["fee"],
        "sentdate": reminder["sentdate"],
        "senttime": stamp(reminder["senttime"]),
        "duedate": reminder["duedate"],
        "daystopay": (due - sent).days,
        "subject": reminder["subject"],
        "message": reminder["message"],
        "documenthash": reminder["documenthash"],
        "secret": secret,
    }
