"""Runs the emulator for as long as the process that holds the other end of
standard input lives: however that one ends, nothing is left running."""
import copy
import functools
import gc
import json
import os
import re
import shutil
import signal
import socketserver
import sys
import threading
import time
import types

# How many seconds without any work tell that the emulator hangs.
PATIENCE = 50


def watch():
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    # What is kept is being written, which takes as long as there is much of it.
    worked, idle = time.process_time(), 0
    while idle < PATIENCE:
        threading.Event().wait(1)
        now = time.process_time()
        idle = 0 if now - worked > 0.02 else idle + 1
        worked = now
    leave()


def leave():
    sys.stdout.flush()
    temporary = os.environ.get("ROLLBOOK_REMOVE")
    if temporary:
        shutil.rmtree(temporary, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


threading.Thread(target=watch, daemon=True).start()

# A call of a function costs 95 ms as it is: 40 ms because the answer to the
# waiting function goes out in two small writes, 50 ms in case that it logs.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True
sys.argv = ["ministack"]
import hypercorn.asyncio
import uvicorn
from ministack.app import main
from ministack.core import iam_actions, iam_evaluator, lambda_runtime, persistence
from ministack.services import _dynamodb_keywords, dynamodb, ses, stepfunctions

# Text that is made whole is made many times faster than piece by piece: with 100,000
# contacts in some seconds instead of minutes.
persistence.json = types.SimpleNamespace(**{**vars(json), "dump": lambda data, file, **how: file.write(json.dumps(data, **how))})

# Mails that were sent are there after another start, as in anybody's mailbox.
ses_state, ses_restore = ses.get_state, ses.load_persisted_state
ses.get_state = lambda: {**ses_state(), "sent": copy.deepcopy(ses._sent_emails)}


def restore_mails(data):
    ses_restore(data)
    ses._sent_emails.update(data.get("sent", {}))


ses.load_persisted_state = restore_mails

drain = lambda_runtime.Worker._drain_stderr_bounded
drain.__defaults__ = (0.005, *drain.__defaults__[1:])

# With AUTH=true the functions have the rights of their roles only, and nobody
# has any without a key. Whoever comes with a key of no role or user is taken
# for the account's owner, so that any made-up key gives access from outside.
is_owner = iam_evaluator.is_root_access_key
iam_evaluator.is_root_access_key = lambda key: is_owner(key) or not key.startswith(("ASIA", "AKIA"))

# AWS asks for the right to each statement, of a batch or alone, on its table, and for the
# right to send from the sender's identity; the emulator for a right of the
# batch as such, and to send from anything.
transaction_checks = iam_actions.dynamodb_transaction_checks
email_resource = iam_actions._ses_v2_resource_arn


@functools.lru_cache(1024)
def verb_and_table(statement):
    return re.match(r'\s*(?=(\w+)).*?(?:FROM|INTO|UPDATE)\s+"([^"]+)"', statement, re.S).groups()


def statement_checks(action, body, region, account):
    if action not in ("dynamodb:BatchExecuteStatement", "dynamodb:ExecuteStatement"):
        return transaction_checks(action, body, region, account)
    request = json.loads(body)
    rights = {verb_and_table(s["Statement"]) for s in request.get("Statements") or [request]}
    return [(f"dynamodb:PartiQL{verb.capitalize()}", f"arn:aws:dynamodb:{region}:{account}:table/{table}") for verb, table in sorted(rights)]


def sender_resource(method, path, body, region, account):
    if path == "/v2/email/outbound-emails":
        return f"arn:aws:ses:{region}:{account}:identity/{json.loads(body)['FromEmailAddress']}"
    return email_resource(method, path, body, region, account)


iam_actions.dynamodb_transaction_checks = statement_checks
iam_actions._ses_v2_resource_arn = sender_resource

# Which rights roles have, and which of them they use, in the file that is asked
# for: lines of "has" or "uses", a role and an action.
noted = set()
evaluate = iam_evaluator.evaluate


def note(word, role, action):
    if (word, role, action) not in noted:
        noted.add((word, role, action))
        with open(os.environ["ROLLBOOK_RIGHTS"], "a") as f:
            f.write(f"{word} {role} {action}\n")


def evaluate_and_note(ctx, policies, *limits):
    result = evaluate(ctx, policies, *limits)
    role = ctx.principal_arn.split("/")[1] if "/" in ctx.principal_arn else ctx.principal_arn
    for statement in (s for statements in policies for s in statements if s.effect == "Allow"):
        for action in statement.actions:
            note("has", role, action)
    if result.decision == "Allow":
        note("uses", role, ctx.action)
    return result


if os.environ.get("ROLLBOOK_RIGHTS"):
    iam_evaluator.evaluate = evaluate_and_note

# A map may read from its input how many children run at once; the emulator knows
# only the number in the definition.
run_map = stepfunctions._run_distributed_map


def run_map_by_path(state, raw, effective, *rest):
    path = state.get("MaxConcurrencyPath")
    if path:
        state = dict(state, MaxConcurrency=effective[path.removeprefix("$.")])
    return run_map(state, raw, effective, *rest)


stepfunctions._run_distributed_map = run_map_by_path

# A statement that names partitions is answered from these. The emulator goes
# through the whole table for it, and answers nobody else meanwhile.
select = dynamodb._partiql_select


def select_by_partition(table, parsed):
    if (parsed.get("where") or [None])[0] == "in":
        (name, _, values), = parsed["conditions"]
        if name == table["pk_name"]:
            asked = {dynamodb._extract_key_val(v) for v in values}
            table = dict(table, items={pk: table["items"][pk] for pk in asked if pk in table["items"]})
    return select(table, parsed)


dynamodb._partiql_select = select_by_partition

# The same texts come again with every row, and everything waits for their reading:
# conditions and policies are taken apart once for their text, statements once for
# their text and the types of their parameters, which are put in afterwards. A batch
# reads each of its statements twice, one after the other; the second time it is given
# what the first one found.
_dynamodb_keywords._tokenize = functools.lru_cache(1024)(_dynamodb_keywords._tokenize)
dynamodb._tokenize = functools.lru_cache(1024)(dynamodb._tokenize)
dynamodb._condition_syntax_error = functools.lru_cache(1024)(dynamodb._condition_syntax_error)
parse_policy = iam_evaluator.parse_policy_document
parse_policy_text = functools.lru_cache(1024)(parse_policy)
parse_statement = dynamodb.parse_partiql_statement
read_statement = dynamodb._parse_partiql
read = (None, None, None)


def parse_policy_once(document):
    return list(parse_policy_text(document)) if isinstance(document, str) else parse_policy(document)


@functools.lru_cache(1024)
def statement_of(text, types):
    """The statement, and which parameter belongs where it has one of these objects."""
    values = [object() for _ in types]
    attributes = [{t: v} for t, v in zip(types, values)]
    places = {id(o): (n, whole) for whole, objects in ((True, attributes), (False, values)) for n, o in enumerate(objects)}
    return parse_statement(text, attributes), places, attributes


def statement_with(text, parameters):
    parameters = parameters or []
    statement, places, _ = statement_of(text, tuple(next(iter(p)) for p in parameters))

    def put(node):
        if place := places.get(id(node)):
            n, whole = place
            return parameters[n] if whole else next(iter(parameters[n].values()))
        if isinstance(node, dict):
            return {k: put(v) for k, v in node.items()}
        if isinstance(node, (list, tuple)):
            return type(node)([put(v) for v in node])
        return node

    return put(statement)


def read_statement_once(text, parameters):
    global read
    if text == read[0] and parameters is read[1]:
        found, read = read[2], (None, None, None)
        return found
    read = (text, parameters, read_statement(text, parameters))
    return read[2]


iam_evaluator.parse_policy_document = parse_policy_once
dynamodb.parse_partiql_statement = statement_with
dynamodb._parse_partiql = read_statement_once


async def serve(app, config):
    """Serves as the emulator's own server would, for two thirds of the processor's
    time: that one reads HTTP in Python."""
    host, _, port = config.bind[0].rpartition(":")
    await uvicorn.Server(uvicorn.Config(
        app, host=host, port=int(port), http="httptools", ws="none", lifespan="on", proxy_headers=False, server_header=False, date_header=False,
        access_log=False, log_level=config.loglevel.lower(), timeout_keep_alive=config.keep_alive_timeout, timeout_graceful_shutdown=3)).serve()


hypercorn.asyncio.serve = serve
# What a table holds is looked through for garbage less often.
gc.set_threshold(50_000, 20, 50)

try:
    main()
finally:
    leave()
