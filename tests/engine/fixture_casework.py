"""The bodies of the events about cases, services and people. See fixture_reckoning.py."""

from __future__ import annotations

from decimal import Decimal

from fixture_rows import Ledger, Row, invoice, same, stamp


def statuschange(ledger: Ledger, message: Row, secret: str | None) -> object:
    body = {name: message["data"][name] for name in ("ledgeraccountid", "status")}
    return body if secret is None else body | {"secret": secret}


def casetolegal(ledger: Ledger, message: Row, secret: str | None) -> object:
    account, head = invoice(ledger, message["data"])
    case = ledger.one("dat_case", caseid=int(message["data"]["caseid"]))
    way = sorted(
        ledger.all("dat_servicehistory", ledgeraccountid=account["ledgeraccountid"]), key=lambda row: row["enteredat"]
    )
    since = [number for number, row in enumerate(way) if same(row["servicecode"], "Legal")]
    before = way[since[-1] - 1]["servicecode"].rstrip(" ").upper() if since and since[-1] else None
    court = case["courtcode"] and case["courtcode"].ljust(8)  # char(8)
    courts = {"OSLO": "Oslo tingrett", "KFM": "Kronofogdemyndigheten", "SVEA": "Svea hovrätt"}
    debt = ledger.one("dat_debthead", debtheadid=account["maindebtheadid"])
    members = ledger.all("dat_accountparty", ledgeraccountid=account["ledgeraccountid"])
    return head | {
        "client": ledger.one("dat_client", clientid=account["clientid"])["clientname"],
        "clientreference": account["clientreference"],
        "court": courts.get(court.strip() if court else "", "Ännu ej känd"),
        "courtcode": court,
        "courtcaseno": case["courtcaseno"],
        "claimamount": case["claimamount"],
        "courtfee": case["courtfee"],
        "totalclaim": (case["claimamount"] + (case["courtfee"] or 0)).quantize(Decimal("0.0001")),
        "dailyrate": debt["dailyrate"],
        "handler": case["handler"],
        "openedat": stamp(case["openedat"]),
        "decidedat": stamp(case["decidedat"]),
        "inlegalsince": stamp(way[since[-1]]["enteredat"]) if since else None,
        "fromservice": before,
        "secret": secret,
        "debtors": [
            _debtor(ledger, row) for row in sorted(members, key=lambda row: (row["partyrole"], row["partyid"]))
        ],
    }


def _debtor(ledger: Ledger, row: Row) -> Row:
    party = ledger.one("dat_party", partyid=row["partyid"])
    homes = ledger.all("dat_address", partyid=row["partyid"], addresstype="H")
    address = next((home for home in homes if home["validto"] is None), {"street": None, "city": None})
    if party["isprotected"]:
        address = {"street": None, "city": "Skyddad adress: fråga Åsa på ärendegruppen"}
    return {
        "partyrole": row["partyrole"],
        "name": party["partyname"],
        "share": row["share"],
        "birthdate": party["birthdate"],
        "street": address["street"],
        "city": address["city"],
    }


def casestatuschange(ledger: Ledger, message: Row, secret: str | None) -> object:
    data = message["data"]
    account, head = invoice(ledger, data)
    client = ledger.one("dat_client", clientid=account["clientid"])
    known = ledger.some("cde_status", statuscode=data["status"]) or {}
    until = data.get("changedat", "9999-12-31T00:00:00")
    history = ledger.all("dat_statushistory", ledgeraccountid=account["ledgeraccountid"])
    earlier = [row for row in history if row["changedat"] < until]
    before = max(earlier, key=lambda row: (row["changedat"], row["statushistoryid"]), default=None)
    return head | {
        "clientreference": account["clientreference"],
        "clientguid": client["uniqueid"],
        "client": client["clientname"],
        "status": data["status"],
        "knownstatus": known.get("statuscode"),
        "statustext": known.get("statustext"),
        "isfinal": bool(known.get("isfinal")),
        "closedat": stamp(account["closedat"]),
        "secret": secret,
        "previousstatus": before and before["statuscode"].rstrip(" ").upper(),
        "previoussince": before and stamp(before["changedat"]),
        "previousby": before and before["changedby"],
    }


def noteadded(ledger: Ledger, message: Row, secret: str | None) -> object:
    account, head = invoice(ledger, message["data"])
    note = ledger.one("dat_note", noteid=int(message["data"]["noteid"]))
    others = ledger.all("dat_note", ledgeraccountid=account["ledgeraccountid"])
    return {
        "noteid": note["noteid"],
        "invoiceguid": head["invoiceguid"],
        "clientreference": account["clientreference"],
        "notetype": note["notetype"],
        "notekind": {1: "samtal ☎", 2: "brev", 3: "e-post"}.get(note["notetype"], "system"),
        "notetext": note["notetext"],
        "createdby": note["createdby"],
        "createdat": stamp(note["createdat"]),
        "hasolder": any(other["createdat"] < note["createdat"] for other in others),
        "secret": secret,
    }


def servicechange(ledger: Ledger, message: Row, secret: str | None) -> object:
    data = message["data"]
    account, head = invoice(ledger, data)
    client = ledger.one("dat_client", clientid=account["clientid"])
    if not client["notifyservice"]:
        return "the client takes no messages about services"
    way = ledger.all("dat_servicehistory", ledgeraccountid=account["ledgeraccountid"])
    return {
        "event": "servicechange",
        "client": client["clientname"],
        "account": head
        | {
            "clientreference": account["clientreference"],
            "principal": ledger.one("dat_debthead", debtheadid=account["maindebtheadid"])["principal"],
            "isautomatic": data.get("automatic") == "true",
        },
        "from": data["fromservice"],
        "to": data["toservice"],
        "way": [_stay(ledger, row) for row in sorted(way, key=lambda row: row["enteredat"])],
        "secret": secret,
    }


def _stay(ledger: Ledger, row: Row) -> Row:
    service = ledger.one("cde_service", servicecode=row["servicecode"])
    entered, left = stamp(row["enteredat"]), stamp(row["leftat"])
    when = {"since": entered} if left is None else {"period": [entered, left]}
    return {"service": service["servicecode"], "name": service["servicename"], **when}


def debtorcontact(ledger: Ledger, message: Row, secret: str | None) -> object:
    data = message["data"]
    party = ledger.one("dat_party", partyid=int(data["partyid"]))
    theirs = ledger.all("dat_ledgeraccount", partyid=party["partyid"])
    main = next((row for row in theirs if str(row["ledgeraccountid"]) == data.get("ledgeraccountid")), None)
    client = ledger.some("dat_client", clientid=main and main["clientid"])
    return {
        "eventid": message.get("id", "(utan nummer: ÅÄÖ)"),
        "name": party["partyname"],
        "kind": {1: "person", 2: "företag"}.get(party["partytypeid"], "dödsbo"),
        **{name: party[name] for name in ("registrationno", "birthdate", "email", "languagecode", "calltime")},
        "creditscore": party["creditscore"],
        "isprotected": bool(party["isprotected"]),
        "secret": secret,
        "address": _reachable(ledger, party, data),
        "client": {
            "clientguid": client["uniqueid"],
            **{name: client[name] for name in ("clientname", "commissionrate", "logothumbnail")},
        }
        if client
        else None,
        "otheraccounts": [
            {
                "invoiceguid": row["uniqueid"],
                "clientreference": row["clientreference"],
                "openedat": stamp(row["openedat"]),
            }
            for row in sorted(theirs, key=lambda row: row["ledgeraccountid"])
            if row is not main
        ],
    }


def _reachable(ledger: Ledger, party: Row, data: Row) -> Row | None:
    day = data.get("validon", "9999-12-31")
    homes = ledger.all("dat_address", partyid=party["partyid"], addresstype=data.get("addresstype", "H"))
    held = [row for row in homes if row["validfrom"] <= day <= (row["validto"] or day)]
    if party["isprotected"] or not held:
        return None
    newest = max(held, key=lambda row: (row["validfrom"], row["addressid"]))
    return {name: value for name, value in newest.items() if name not in ("addressid", "partyid")}
