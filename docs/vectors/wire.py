#!/usr/bin/env python3
"""Makes wire.json: the test vectors of docs/protocol.md, by an implementation of its own.

Nothing here comes from the C++ code: hashes are hashlib's, signatures those of the `cryptography`
package, canonical JSON is json.dumps with sorted keys (enough for the ASCII keys and integers of
the protocol). The unit tests read wire.json; running this again must not change it:

    python3 docs/vectors/wire.py | cmp - docs/vectors/wire.json
"""
import hashlib
import hmac
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def jcs(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha(data):
    return hashlib.sha256(data).digest()


def uuid(n):
    return f"{n:08x}-0000-4000-8000-{n:012x}"


def signed(seed, purpose, obj):
    message = b"autocusto/" + purpose.encode() + b"/v1\0" + jcs(obj).encode()
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message).hex()


def public(seed):
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


DEVICE_SEED = bytes(range(32))
SERVER_SEED = bytes(range(32, 64))
TENANT_KEY = bytes([0x11]) * 32
SERVER_SECRET = bytes([0x22]) * 32
SERVER, USER, DEVICE, OWNER = uuid(1), uuid(2), uuid(3), uuid(4)
PUSH, PREV, ACT = uuid(5), uuid(6), uuid(7)
INCARNATION, CLOSED = uuid(8), uuid(9)
CPF = "11144477735"
NONCE, CHANNEL = "77" * 32, "cd" * 32  # the client's nonce; SHA-256 of the TLS key that it was shown
TOKEN = "dG9rZW4"
TIME = "2026-11-22T10:00:00.123Z"


def record_id(kind, key):
    return hmac.new(TENANT_KEY, f"{kind}:{key}".encode(), hashlib.sha256).digest()[:16].hex()


RECORD = record_id("patient", CPF)


def version(parents, generation, minute, summary):
    payload = jcs({"fields": {"nome_paciente": "Joana d'Arc \"Ção\" \\ \U0001F600\u2028"},
                   "key": CPF, "salt": f"{minute:032x}", "summary": summary})
    header = jcs({"v": 1, "record": {"kind": "patient", "id": RECORD}, "parents": sorted(parents),
                  "generation": generation, "author": USER, "device": DEVICE,
                  "created_at": f"2026-11-22T10:{minute:02d}:00.123Z", "status": "active",
                  "payload_hash": sha(payload.encode()).hex()})
    return {"header": header, "payload": payload, "id": sha(header.encode()).hex()}


FIRST = version([], 1, 1, "first")
SECOND = version([FIRST["id"]], 2, 2, "tab\tnewline\nbell\x07")


def proof(user, incarnation, vid):
    text = jcs([user, incarnation, vid])
    return text, hmac.new(SERVER_SECRET, text.encode(), hashlib.sha256).hexdigest()


def item(seq, kind, incarnation, vid):
    return {"seq": seq, "kind": kind, "incarnation": incarnation, "record_id": RECORD,
            "version_id": vid}


def feed():
    whole = [item(1, "version", INCARNATION, FIRST["id"]),
             item(2, "version", CLOSED, SECOND["id"]),
             item(3, "assigned", INCARNATION, SECOND["id"]),
             item(4, "discarded", INCARNATION, FIRST["id"]),
             item(5, "removed", CLOSED, None)]
    chain, out = bytes(32), []
    for i in whole:
        digest = sha(jcs(i).encode())
        chain = sha(chain + digest)
        sent = {"seq": i["seq"], "hash": digest.hex()} if i["seq"] == 2 else i
        out.append({"item": sent, "canonical": jcs(i), "hash": digest.hex(), "chain": chain.hex()})
    return out


def signatures():
    pushed = [FIRST["id"], SECOND["id"]]
    results = [{"version": FIRST["id"], "result": "accepted", "incarnation": INCARNATION,
                "proof": proof(USER, INCARNATION, FIRST["id"])[1]},
               {"version": SECOND["id"], "result": "refused", "code": "too_large",
                "message": "The version has more than 65,536 bytes.", "field": "payload",
                "limit": 65536}]
    objects = [
        ("session", DEVICE_SEED, {"server": SERVER, "device": DEVICE, "challenge": "YWJjZGVm",
                                  "prev_push": None}),
        ("session", DEVICE_SEED, {"server": SERVER, "device": DEVICE, "challenge": "YWJjZGVm",
                                  "prev_push": PREV}),
        ("push", DEVICE_SEED, {"server": SERVER, "device": DEVICE, "actor": USER, "push_id": PUSH,
                               "prev_push": None, "versions": pushed, "discards": []}),
        ("push", DEVICE_SEED, {"server": SERVER, "device": DEVICE, "actor": USER, "owner": OWNER,
                               "push_id": PUSH, "prev_push": PREV, "versions": [SECOND["id"]],
                               "discards": [FIRST["id"]], "expect_heads": [FIRST["id"]]}),
        ("receipt", SERVER_SEED, {"server": SERVER, "push_id": PUSH, "results": results}),
        ("trust", SERVER_SEED, {"server": SERVER, "serial": 1, "roots": ["ab" * 32],
                                "keys": [public(SERVER_SEED)]}),
        ("act", DEVICE_SEED, {"server": SERVER, "actor": USER, "device": DEVICE, "act_id": ACT,
                              "act": "user.add", "args": {"email": "a@example.org"}}),
        ("order", SERVER_SEED, {"server": SERVER, "device": DEVICE, "challenge": "YWJjZGVm",
                                "order": "surrender"}),
        ("order", SERVER_SEED, {"server": SERVER, "device": DEVICE, "challenge": "YWJjZGVm",
                                "order": "erase"}),
        ("erasure", DEVICE_SEED, {"server": SERVER, "device": DEVICE, "actor": USER,
                                  "incarnations": [INCARNATION, CLOSED], "everything": False}),
        ("erasure", DEVICE_SEED, {"server": SERVER, "device": DEVICE, "actor": USER,
                                  "incarnations": [], "everything": True}),
        ("greeting", SERVER_SEED, {"server": SERVER, "nonce": NONCE, "challenge": "YWJjZGVm",
                                   "channel": CHANNEL}),
        ("enroll", DEVICE_SEED, {"server": SERVER, "challenge": "YWJjZGVm",
                                 "public_key": public(DEVICE_SEED)}),
        ("again", SERVER_SEED, {"server": SERVER, "device": DEVICE, "challenge": "YWJjZGVm",
                                "public_key": public(DEVICE_SEED)}),
        ("challenge", SERVER_SEED, {"server": SERVER, "device": DEVICE, "nonce": NONCE,
                                    "challenge": "YWJjZGVm", "channel": CHANNEL}),
        ("opened", SERVER_SEED, {"server": SERVER, "device": DEVICE, "challenge": "YWJjZGVm",
                                 "channel": CHANNEL, "token": sha(TOKEN.encode()).hex(),
                                 "expires_in": 3600, "scope": "full", "user": USER,
                                 "role": "doctor", "prev_push": "ok", "last_push": PREV,
                                 "wipe": False, "server_time": TIME}),
    ]
    return [{"purpose": p, "seed": s.hex(), "public_key": public(s), "canonical": jcs(o),
             "signature": signed(s, p, o)} for p, s, o in objects]


def messages(sigs):
    def obj(index):
        return {"object": json.loads(sigs[index]["canonical"]),
                "signature": sigs[index]["signature"]}

    trust = obj(5)
    time = TIME
    view = {"record": {"kind": "patient", "id": RECORD}, "incarnation": INCARNATION,
            "heads": [SECOND["id"]], "active": SECOND["id"], "pinned": SECOND["id"], "drafts": [],
            "conflict": None}
    torn = dict(view, heads=[FIRST["id"], SECOND["id"]], pinned=None, drafts=[FIRST["id"]],
                conflict={"id": 17, "base": None, "opened_at": time})
    page_versions = [
        {"header": v["header"], "payload": v["payload"], "incarnation": INCARNATION,
         "proof": proof(USER, INCARNATION, v["id"])[1]} for v in (FIRST, SECOND)]
    page_versions[1].update(payload=None, archived=True)
    steps = feed()
    documents = {
        "enroll_request": {"code": "Zm9v_-", "device_name": "Consultório 2",
                           "public_key": public(DEVICE_SEED)},
        "enroll_answer": {"user": USER, "email": "ana@example.org", "role": "doctor",
                          "device": DEVICE, "tenant_key": TENANT_KEY.hex(), "trust": trust,
                          "server_time": time},
        "greeting_request": {"nonce": NONCE},
        "greeting_answer": {"challenge": "YWJjZGVm", "signed": obj(11), "trust": trust,
                            "server_time": time},
        "enroll_request_proved": {"code": "Zm9v_-", "device_name": "Consultório 2",
                                  "public_key": public(DEVICE_SEED), "proof": obj(12)},
        "enroll_request_again": {"device_name": "Consultório 2", "again": obj(13),
                                 "public_key": public(DEVICE_SEED), "proof": obj(12)},
        "challenge_request": {"device": DEVICE},
        "challenge_answer": {"server": SERVER, "challenge": "YWJjZGVm", "server_time": time},
        "challenge_request_nonce": {"device": DEVICE, "nonce": NONCE},
        "challenge_answer_signed": {"server": SERVER, "challenge": "YWJjZGVm",
                                    "server_time": time, "signed": obj(14)},
        "session_answer_signed": {
            "token": TOKEN, "expires_in": 3600, "scope": "full", "user": USER,
            "email": "ana@example.org", "role": "doctor", "prev_push": "ok", "last_push": PREV,
            "wipe": False, "trust": trust, "server_time": time, "signed": obj(15)},
        "session_request": obj(1),
        "session_answer": {"token": "dG9rZW4", "expires_in": 3600, "scope": "full", "user": USER,
                           "email": "ana@example.org", "role": "doctor", "prev_push": "ok",
                           "last_push": PREV, "wipe": False, "trust": trust, "server_time": time},
        "session_answer_without_access": {
            "token": "dG9rZW4", "expires_in": 3600, "scope": "surrender", "user": USER,
            "email": "ana@example.org", "role": "doctor", "prev_push": "ok", "last_push": PREV,
            "wipe": True, "order": obj(8), "trust": trust, "server_time": time},
        "erasure_request": {"erasure": obj(9)},
        "erasure_answer": {"unknown": [CLOSED]},
        "push_request": dict(obj(2), versions=[
            {"header": FIRST["header"], "payload": FIRST["payload"]},
            {"header": SECOND["header"], "payload": SECOND["payload"],
             "incarnation": INCARNATION, "proof": proof(USER, INCARNATION, SECOND["id"])[1]}]),
        "push_answer": {"receipt": obj(4)},
        "page": {"items": [s["item"] for s in steps], "versions": page_versions,
                 "views": [view, torn], "people": [{"user": USER, "email": "ana@example.org"}],
                 "devices": [{"device": DEVICE, "name": "Consultório 2"}],
                 "cursor": f"5.{steps[-1]['chain']}", "more": False},
        "act_request": obj(6),
    }
    return {name: jcs(document) for name, document in documents.items()}


def links():
    pin, key = "0123456789abcdef" * 4, "fedcba9876543210" * 4
    good = [("https://sync.example.org:8443/enroll#Zm9v_-.ca:" + pin, "sync.example.org", 8443, True),
            ("https://127.0.0.1:443/enroll#abc.key:" + pin, "127.0.0.1", 443, False),
            ("https://[::1]:9/enroll#abc.ca:" + pin, "::1", 9, True),
            ("https://sync.example.org:443/enroll#abc.ca:" + pin + ".key:" + key, "sync.example.org", 443, True)]
    bad = ["", "http://a:1/enroll#c.ca:" + pin, "https://a:1/enroll#.ca:" + pin,
           "https://a:1/enroll#c.ca:" + pin[1:], "https://a:1/enroll#c.ca:" + pin.upper(),
           "https://a:1/enroll#c.xx:" + pin, "https://a:1/enroll#c", "https://a:0/enroll#c.ca:" + pin,
           "https://a:65536/enroll#c.ca:" + pin, "https://a:/enroll#c.ca:" + pin,
           "https://:1/enroll#c.ca:" + pin, "https://a b:1/enroll#c.ca:" + pin,
           "https://a:1/enroll?c.ca:" + pin, "https://[a]:1/enroll#c.ca:" + pin,
           "https://a:1/enroll#c c.ca:" + pin, "https://[::1/enroll#c.ca:" + pin,
           "https://a:1/enroll#c.ca:" + pin + ".", "https://a:1/enroll#c.ca:" + pin + ".key:" + key[1:],
           "https://a:1/enroll#c.ca:" + pin + ".ca:" + key, "https://a:1/enroll#c.key:" + pin + ".key:" + key,
           "https://a:1/enroll#c.ca:" + pin + ".key:" + key + ".key:" + key]
    return {"valid": [{"text": t, "host": h, "port": p, "ca": c, "code": t[t.index("#") + 1:].split(".")[0],
                       "pin": pin, "key": key if t.endswith(key) else ""} for t, h, p, c in good], "invalid": bad}


def main():
    sigs, steps = signatures(), feed()
    zero = "0" * 64
    text, digest = proof(USER, INCARNATION, FIRST["id"])
    document = {
        "record_id": {"tenant_key": TENANT_KEY.hex(), "kind": "patient", "key": CPF, "id": RECORD},
        "versions": [FIRST, SECOND],
        "signatures": sigs,
        "feed": steps,
        "proof": {"server_secret": SERVER_SECRET.hex(), "user": USER, "incarnation": INCARNATION,
                  "version": FIRST["id"], "canonical": text, "proof": digest},
        "cursors": {"valid": [{"text": "0." + zero, "seq": 0, "chain": zero},
                              {"text": "9007199254740992." + steps[-1]["chain"],
                               "seq": 9007199254740992, "chain": steps[-1]["chain"]}],
                    "invalid": ["", "0", "." + zero, "-1." + zero, "01." + zero, "+1." + zero,
                                "1." + zero[1:], "1." + zero + "0", "1." + "A" * 64, "1.0." + zero,
                                " 1." + zero, "99999999999999999999." + zero]},
        "links": links(),
        "messages": messages(sigs),
    }
    print(json.dumps(document, indent=1, sort_keys=True, ensure_ascii=True))


main()
