"""Deploys Rollbook, checks what is deployed, and mends it.

deploy invites the first administrator too; doctor looks at the stack, lookups at what
contacts are found by; restore makes contacts what they were.

Everything that can be known before is checked before: a first deployment that
fails half an hour later is nobody's friend. What is not said by an option is
asked, with what the stack has now as the answer; with --yes nothing is asked.
Where AWS cannot be asked (a right is missing, an emulator does not have it) the
check says so and does not stop the deployment.
"""
import argparse
import datetime
import hashlib
import os
import re
import subprocess
import sys
import time

import boto3
from botocore.exceptions import BotoCoreError, ClientError

ASKED = [  # parameter, question, what an answer looks like
    ("MailFrom", "Address that mails come from", r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    ("Architecture", "Processor of the functions (arm64, x86_64)", r"arm64|x86_64"),
    ("ScreenUrl", "Address of the screen if it has a domain name of its own (https://…, empty for none)", r"(https?://[^/\s]+)?"),
    ("ScreenCertificate", "ARN of that domain name's certificate in ACM (empty if something else serves it)", r"(arn:\S+)?"),
    ("AlarmEmail", "Address that alarms are mailed to (empty for none)", r"([^@\s]+@[^@\s]+)?"),
]
DEFAULTS = {"Architecture": "arm64"}
# The alarms that say a new version is at fault; CloudFormation watches five at most.
WATCHED = ("ApiAlarm", "ImportFailedAlarm", "SettledAlarm", "StartAlarm", "UnprocessedAlarm")


class Wrong(Exception):
    """What stands in the way, and what to do."""


def stack_name(name, region):
    """The longest names made from it are those of buckets, of 63 characters."""
    longest = 63 - len("-uploads-") - 12 - len("-") - len(region)
    if not re.fullmatch(r"[a-z][a-z0-9-]*[a-z0-9]", name) or "--" in name:
        raise Wrong(f"{name!r}: a stack is called by small letters, digits and single hyphens, a letter first")
    if len(name) > longest:
        raise Wrong(f"{name!r} has {len(name)} characters; in {region} a stack's name may have {longest}, or its buckets' names are too long")
    for word in ("aws", "amazon", "cognito"):
        if word in name:
            raise Wrong(f"{name!r}: the sign-in page's domain name may not have {word!r} in it")


def known(call, code=("NotFoundException", "ResourceNotFoundException", "ValidationError", "NotFound", "404")):
    """What the call returns, None for what is not there."""
    try:
        return call()
    except ClientError as e:
        if e.response["Error"]["Code"] in code:
            return None
        raise


def mail_identity(ses, address):
    """Which SenderIdentity fits, with what there is to say about it."""
    for name in (address, address.split("@")[1]):
        found = known(lambda: ses.get_email_identity(EmailIdentity=name))
        if found:
            verified = found.get("VerifiedForSendingStatus", False)
            return "existing", [] if verified else [f"SES knows {name} but it is not verified yet: answer its mail or set its DKIM records"]
    return "address", [f"SES will mail a confirmation to {address}: no mail goes out before its link was followed"]


def quotas(session):
    """What of the account is too small, each with what to do."""
    def functions():
        n = session.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
        if n < 100:
            return f"Lambda runs {n} functions at once in this account: imports of several institutions will wait for each other. Ask for 1,000 (Service Quotas, Lambda, Concurrent executions) and leave ApiConcurrency at 0 until then"

    def mails():
        a = session.client("sesv2").get_account()
        if not a.get("ProductionAccessEnabled", False):
            return "SES is in its sandbox: it sends to verified addresses only, 200 a day. Ask for production access (SES, Account dashboard)"
        if not a.get("SendingEnabled", True):
            return "SES does not send for this account: see its dashboard"

    def machines():
        found = session.client("service-quotas").get_service_quota(ServiceCode="states", QuotaCode="L-DA9F5A93")
        if found["Quota"]["Value"] < 1000:
            return f"Step Functions has {found['Quota']['Value']:.0f} open executions at most here: ask for 1,000 at least"
    for what, ask in (("Lambda's quota", functions), ("SES's state", mails), ("Step Functions' quota", machines)):
        try:
            if said := ask():
                yield said
        except (ClientError, BotoCoreError) as e:
            yield f"{what} could not be asked ({type(e).__name__}): see it in the console"


def ask(question, form, answer, silent):
    while True:
        if not silent:
            answer = input(f"{question} [{answer}]: ").strip() or answer
        if re.fullmatch(form, answer):
            return answer
        if silent:
            raise Wrong(f"{question}: {answer!r} is none")
        print(f"{answer!r} does not fit.")


def described(session, stack):
    found = known(lambda: session.client("cloudformation").describe_stacks(StackName=stack))
    return found["Stacks"][0] if found and found["Stacks"] else None


def sam(*args):
    done = subprocess.run([sys.executable, "-m", "samcli", *args], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={
        **os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false -tags=lambda.norpc '-ldflags=-s -w'"})
    if done.returncode:
        raise Wrong(f"sam {args[0]} failed:\n{done.stdout.strip()}")


def package(session, template, bucket):
    """Puts functions and template into the bucket, SAM's own if none is named;
    the template's address. CloudFormation takes only small ones (51,200 bytes)
    without a bucket."""
    packaged = template.replace(".yaml", "-packaged.yaml")
    sam("package", "--template-file", template, "--output-template-file", packaged, "--region", session.region_name,
        *(["--s3-bucket", bucket] if bucket else ["--resolve-s3"]))
    if not bucket:
        bucket = outputs(described(session, "aws-sam-cli-managed-default"))["SourceBucket"]
    with open(packaged, "rb") as f:
        text = f.read()
    key = hashlib.sha256(text).hexdigest() + ".template"
    session.client("s3").put_object(Bucket=bucket, Key=key, Body=text)
    return f"https://s3.{session.region_name}.{'amazonaws.com.cn' if session.region_name.startswith('cn-') else 'amazonaws.com'}/{bucket}/{key}"


def watched(formation, alarms, stack, minutes):
    """What CloudFormation watches during an update and for some minutes after it,
    to take it back: alarms that are off now. One that is on says nothing about
    the new version, and would only keep it from mending what is wrong."""
    found = {r["LogicalResourceId"]: r["PhysicalResourceId"] for page in formation.get_paginator("list_stack_resources").paginate(StackName=stack)
             for r in page["StackResourceSummaries"] if r["ResourceType"] == "AWS::CloudWatch::Alarm" and r["LogicalResourceId"] in WATCHED}
    triggers, on = [], []
    for alarm in alarms.describe_alarms(AlarmNames=sorted(found.values()))["MetricAlarms"] if found else ():
        if alarm["StateValue"] == "ALARM":
            on.append(alarm["AlarmName"])
        else:
            triggers.append({"Arn": alarm["AlarmArn"], "Type": "AWS::CloudWatch::Alarm"})
    # An empty list takes away what the last deployment watched.
    return {"RollbackTriggers": triggers, "MonitoringTimeInMinutes": minutes if triggers else 0}, on


def changed(formation, url, stack, now, given, rollback):
    """A change set's name, and its changes; None where there is nothing to change."""
    had = {p["ParameterKey"] for p in (now or {}).get("Parameters", [])}
    name = f"rollbook-{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%S}"
    formation.create_change_set(
        StackName=stack, ChangeSetName=name, ChangeSetType="UPDATE" if now else "CREATE", TemplateURL=url, Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": p, "ParameterValue": given[p]} if p in given else {"ParameterKey": p, "UsePreviousValue": True}
                    for p in (q["ParameterKey"] for q in formation.get_template_summary(TemplateURL=url)["Parameters"]) if p in given or p in had],
        RollbackConfiguration=rollback)
    while True:
        state = formation.describe_change_set(StackName=stack, ChangeSetName=name)
        if state["Status"] == "FAILED":
            why = state.get("StatusReason", "")
            formation.delete_change_set(StackName=stack, ChangeSetName=name)
            if "didn't contain changes" in why or "No updates" in why:
                return None
            raise Wrong(f"CloudFormation refuses the changes: {why}")
        if state["Status"] == "CREATE_COMPLETE":
            changes = state["Changes"]
            while token := state.get("NextToken"):
                state = formation.describe_change_set(StackName=stack, ChangeSetName=name, NextToken=token)
                changes += state["Changes"]
            return name, [c["ResourceChange"] for c in changes]
        time.sleep(1)


def put(session, o, now, url, given):
    """Creates or updates the stack, and returns when that is done and watched."""
    formation = session.client("cloudformation")
    rollback = {}
    if now:
        rollback, on = watched(formation, session.client("cloudwatch"), o.stack, o.watch)
        for name in on:
            print(f"Note: the alarm {name} is on already, so it cannot watch this deployment.")
    found = changed(formation, url, o.stack, now, given, rollback)
    if not found:
        print("Nothing is changed.")
        return
    name, changes = found
    for c in changes:
        print(f"{c['Action']:8} {c['LogicalResourceId']} ({c['ResourceType']})" + {"True": " IS REPLACED", "Conditional": " may be replaced"}.get(c.get("Replacement"), ""))
    if not o.yes and input("Deploy this? [no]: ").strip().lower() not in ("y", "yes"):
        formation.delete_change_set(StackName=o.stack, ChangeSetName=name)
        raise Wrong("nothing was done")
    if rollback.get("RollbackTriggers"):
        print(f"CloudFormation takes the update back if one of {len(rollback['RollbackTriggers'])} alarms goes off until {o.watch} minutes after it.", flush=True)
    begun = datetime.datetime.now(datetime.UTC)
    formation.execute_change_set(StackName=o.stack, ChangeSetName=name)
    while True:
        time.sleep(o.poll)  # first: its status may not have changed yet
        state = described(session, o.stack)
        if not state["StackStatus"].endswith("_IN_PROGRESS"):
            break
    if state["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return
    for page in formation.get_paginator("describe_stack_events").paginate(StackName=o.stack):
        for e in page["StackEvents"]:
            if e["Timestamp"] >= begun and (e["ResourceStatus"].endswith("_FAILED") or e["ResourceStatus"] == "UPDATE_ROLLBACK_IN_PROGRESS"):
                print(f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason', e['ResourceStatus'])}")
    raise Wrong(f"the stack is {state['StackStatus']}; why is above. " + (
        "The version of before serves" if now else "A first deployment that failed is taken back, and can be begun again by the same command"))


def parameters_of(o, session, now):
    """The template's parameters: what was said, else what the stack has, else what is asked."""
    with open(os.path.join(os.path.dirname(__file__), "..", "template.yaml")) as f:
        names = re.findall(r"^  (\w+):$", re.search(r"^Parameters:\n(.*?)^\w", f.read(), re.M | re.S)[1], re.M)
    for p in o.parameter:
        if "=" not in p or p.split("=")[0] not in names:
            raise Wrong(f"--parameter {p}: the template has no such parameter; NAME=VALUE, of {', '.join(names)}")
    given = dict(p.split("=", 1) for p in o.parameter)
    had = {p["ParameterKey"]: p["ParameterValue"] for p in (now or {}).get("Parameters", [])}
    # Hidden ones are told as asterisks; not named, they stay as they are.
    had = {k: v for k, v in had.items() if v != "****"}
    all = {**had, **given}
    for name, question, form in ASKED:
        all[name] = ask(question, form, all.get(name, DEFAULTS.get(name, "")), o.yes or name in given)
    said = []
    if now:
        had.setdefault("SenderIdentity", "address")  # before there was a choice
    all.setdefault("SenderIdentity", had.get("SenderIdentity", ""))
    if "SenderIdentity" not in given and all["SenderIdentity"] not in ("address", "domain"):
        # One that this stack made stays its own.
        all["SenderIdentity"], said = mail_identity(session.client("sesv2"), all["MailFrom"])
    domain = all["MailFrom"].split("@")[1]
    # That of an earlier sender proves nothing of this one; one that was said stays.
    if all["SenderIdentity"] == "domain" and not given.get("MailDomain") and not f".{domain}".endswith(f".{all.get('MailDomain')}"):
        all["MailDomain"] = domain
    # What the stack has and is to have no more is said as empty.
    return {k: v for k, v in all.items() if v != "" or k in had}, said


def first_user(session, out, email, institution):
    """Invites the first administrator of an institution, who may be there."""
    pool, users = out["UserPoolId"], session.client("cognito-idp")
    try:
        users.admin_create_user(UserPoolId=pool, Username=email, DesiredDeliveryMediums=["EMAIL"], UserAttributes=[
            {"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}, {"Name": "custom:institution", "Value": institution}])
        print(f"{email} is invited to {institution}; the mail has a first password.")
    except users.exceptions.UsernameExistsException:
        print(f"{email} is there already.")
    users.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName="admin")


def clear(session, stack, status):
    """Removes what a first deployment left that failed: nobody has used it. Its
    tables are protected from being deleted, also from its own rollback."""
    print(f"An earlier first deployment failed ({status}): what is left of it is removed.")
    formation, tables = session.client("cloudformation"), session.client("dynamodb")
    made = [r["PhysicalResourceId"] for page in formation.get_paginator("list_stack_resources").paginate(StackName=stack)
            for r in page["StackResourceSummaries"] if r["ResourceType"] == "AWS::DynamoDB::Table" and r.get("PhysicalResourceId")]
    made = [name for name in made if known(lambda: tables.describe_table(TableName=name))]
    for name in made:
        tables.update_table(TableName=name, DeletionProtectionEnabled=False)
    formation.delete_stack(StackName=stack)
    formation.get_waiter("stack_delete_complete").wait(StackName=stack)
    for name in made:
        if known(lambda: tables.describe_table(TableName=name)):
            tables.delete_table(TableName=name)


def deploy(o):
    session = boto3.Session(region_name=o.region)
    stack_name(o.stack, session.region_name)
    account = session.client("sts").get_caller_identity()["Account"]
    now = described(session, o.stack)
    if now and now["StackStatus"] in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS"):
        clear(session, o.stack, now["StackStatus"])
        now = None
    print(f"Account {account}, region {session.region_name}, stack {o.stack} ({'update' if now else 'new'}).")
    all, said = parameters_of(o, session, now)
    admin = ask("E-mail address of the first administrator (empty for none)", r"([^@\s]+@[^@\s]+)?", o.admin, o.yes or bool(o.admin))
    institution = ""
    if admin:
        institution = ask("Id of the administrator's institution", r"[a-z0-9-]{1,40}", o.institution or "main", o.yes)
    for line in [*said, *quotas(session)]:
        print("Note:", line)
    built = o.built or ".aws-sam/build"
    if not o.built:
        print("Building the functions.", flush=True)
        sam("build", "--parameter-overrides", *[f"{k}={v}" for k, v in sorted(all.items()) if v])
    print("Sending them to S3.", flush=True)
    put(session, o, now, package(session, f"{built}/template.yaml", o.bucket), all)
    out = outputs(described(session, o.stack))
    if admin:
        first_user(session, out, admin, institution)
    for name in ("ScreenAlias", "MailDkim1", "MailDkim2", "MailDkim3"):
        if name in out:
            print(f"DNS: {out[name]}" + (f" for {all['ScreenUrl']}" if name == "ScreenAlias" else ""))
    print(f"The screen is at {out['Url']}. An administrator gives the institution its name, language and country there, in the settings.")


def outputs(stack):
    return {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}


def doctor(o):
    """Looks at what is deployed; says what is wrong and returns how much is."""
    session = boto3.Session(region_name=o.region)
    stack = described(session, o.stack)
    if not stack:
        raise Wrong(f"there is no stack {o.stack} in {session.region_name}")
    out, wrong = outputs(stack), 0
    has = {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])}

    def look(what, check):
        nonlocal wrong
        try:
            said = check()
        except (ClientError, BotoCoreError, KeyError) as e:
            said = f"could not be asked ({type(e).__name__})"
        if said:
            wrong += 1
        print(f"{'WRONG' if said else 'ok   '} {what}" + (f": {said}" if said else ""))
    look("the stack", lambda: None if stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE") else f"is {stack['StackStatus']}")
    tables = session.client("dynamodb")
    for name in ("ContactsTable", "EmailsTable", "HistoryTable", "CatalogueTable", "JobsTable", "AuditTable"):
        def table():
            t = tables.describe_table(TableName=out[name])["Table"]
            back = tables.describe_continuous_backups(TableName=out[name])["ContinuousBackupsDescription"]
            if t["TableStatus"] not in ("ACTIVE", "UPDATING"):
                return f"is {t['TableStatus']}"
            if back.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") != "ENABLED":
                return "has no point-in-time recovery"
        look(name, table)
    buckets = session.client("s3")

    def uploads():
        if buckets.get_bucket_versioning(Bucket=out["UploadsBucket"]).get("Status") != "Enabled":
            return "keeps no versions: an import could not be tied to its file"
        heard = buckets.get_bucket_notification_configuration(Bucket=out["UploadsBucket"]).get("LambdaFunctionConfigurations", [])
        if len(heard) < 2:
            return "tells nobody of new files"
    look("the uploads bucket", uploads)
    look("the files bucket", lambda: buckets.head_bucket(Bucket=out["FilesBucket"]) and None)
    look("the state machine", lambda: None if session.client("stepfunctions").describe_state_machine(stateMachineArn=out["StateMachineArn"])["status"] == "ACTIVE" else "is not active")
    queues = session.client("sqs")
    for name in ("Start", "Template", "Finish", "Reconcile", "Announce", "Alarm"):
        def queue():
            a = queues.get_queue_attributes(QueueUrl=out[f"{name}FailuresQueue"], AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
            if int(a["ApproximateNumberOfMessages"]):
                return f"{a['ApproximateNumberOfMessages']} failures wait; docs/operations.md says how to redrive them"
        look(f"failures of {name.lower()}", queue)
    pool = session.client("cognito-idp")
    look("administrators", lambda: None if pool.list_users_in_group(UserPoolId=out["UserPoolId"], GroupName="admin")["Users"] else "there is none: run make deploy again and name one")

    def sender():
        ses = session.client("sesv2")
        address = has.get("MailFrom", "")
        for name in (address, address.split("@")[-1]):
            found = known(lambda: ses.get_email_identity(EmailIdentity=name))
            if found and found.get("VerifiedForSendingStatus"):
                return None
        return f"SES has no verified identity of {address}"
    look("the sender of mails", sender)
    for line in quotas(session):
        print("note ", line)
    return wrong


def deployed(o):
    """A session, and the outputs of the stack that is there."""
    session = boto3.Session(region_name=o.region)
    out = outputs(described(session, o.stack) or {})
    if "ContactsTable" not in out:
        raise Wrong(f"there is no stack {o.stack} in {session.region_name}")
    return session, out


def lookups(o):
    """Compares what contacts are found by with them, and with --repair puts it right."""
    session, out = deployed(o)
    institutions = [o.institution] if o.institution else sorted(
        item["pk"]["S"] for page in session.client("dynamodb").get_paginator("scan").paginate(
            TableName=out["CatalogueTable"], FilterExpression="sk = :sk", ProjectionExpression="pk",
            ExpressionAttributeValues={":sk": {"S": "settings"}}) for item in page["Items"])
    return subprocess.run(
        ["go", "run", "./internal/aws/dynamo/rollbook-lookups", "-contacts", out["ContactsTable"], "-emails", out["EmailsTable"],
         "-history", out["HistoryTable"], "-catalogue", out["CatalogueTable"], *(["-repair"] if o.repair else []), *institutions],
        env=signed(session)).returncode


def signed(session):
    """The environment of a program that is to work in the session's account."""
    who = session.get_credentials().get_frozen_credentials()
    env = {**os.environ, "AWS_REGION": session.region_name, "AWS_ACCESS_KEY_ID": who.access_key, "AWS_SECRET_ACCESS_KEY": who.secret_key}
    env.pop("AWS_SESSION_TOKEN", None)
    if who.token:
        env["AWS_SESSION_TOKEN"] = who.token
    return env


def restore(o):
    """Makes contacts, their look-ups and their history what they were at a moment."""
    session, out = deployed(o)
    if not o.at and not o.copies:
        raise Wrong("which moment? --at 2026-11-29T10:00:00Z, or --copies SUFFIX of tables that were restored before")
    dynamodb = session.client("dynamodb")
    names = [out[k] for k in ("ContactsTable", "EmailsTable", "HistoryTable")]
    suffix = o.copies
    if not suffix:
        try:
            at = datetime.datetime.fromisoformat(o.at)
        except ValueError:
            raise Wrong(f"{o.at} is no moment: 2026-11-29T10:00:00Z") from None
        if at.tzinfo is None:
            raise Wrong(f"{o.at} has no time zone: 2026-11-29T10:00:00Z")
        suffix = f"-{at.astimezone(datetime.UTC):%Y%m%dT%H%M%SZ}"
    if not o.yes and input(f"{', '.join(names)} become what they were. Does nobody import or edit now, and is every import at its end? [no]: ").strip().lower() not in ("y", "yes"):
        raise Wrong("nothing was done")
    if not o.copies:
        for name in names:
            print("asks for ", name + suffix, flush=True)
            dynamodb.restore_table_to_point_in_time(SourceTableName=name, TargetTableName=name + suffix, RestoreDateTime=at)
        for name in names:
            print("waits for", name + suffix, flush=True)
            dynamodb.get_waiter("table_exists").wait(TableName=name + suffix, WaiterConfig={"Delay": 20, "MaxAttempts": 4000})
    for name in names:
        code = subprocess.run(["go", "run", "./internal/aws/dynamo/rollbook-restore", "-from", name + suffix, "-to", name], env=signed(session)).returncode
        if code:
            return code
    print("The copies are kept; delete them when all is well:", *[name + suffix for name in names])


def main():
    p = argparse.ArgumentParser(prog="deploy", description=__doc__.split("\n")[0])
    p.add_argument("what", choices=["deploy", "doctor", "lookups", "restore"])
    p.add_argument("--stack", default="rollbook", help="its name; another one is another stage, with tables of its own")
    p.add_argument("--region", default=os.environ.get("AWS_REGION") or boto3.Session().region_name, help="else the shell's")
    p.add_argument("--admin", default="", help="e-mail address of the first administrator")
    p.add_argument("--institution", default="", help="id of the administrator's institution")
    p.add_argument("--bucket", help="for what is deployed, else one that SAM makes")
    p.add_argument("--built", metavar="FOLDER", help="of functions that sam build has built already")
    p.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", help="of the template")
    p.add_argument("--repair", action="store_true", help="put look-ups right")
    p.add_argument("--at", default="", metavar="TIME", help="to restore, as 2026-11-29T10:00:00Z")
    p.add_argument("--copies", default="", metavar="SUFFIX", help="of tables that were restored already")
    p.add_argument("--watch", type=int, default=10, metavar="MINUTES", help="an update is taken back if an alarm goes off so long after it (0 to 180)")
    p.add_argument("--poll", type=float, default=5, metavar="SECONDS", help="between two looks at what CloudFormation does")
    p.add_argument("--yes", action="store_true", help="ask nothing")
    o = p.parse_args()
    try:
        if not o.region:
            raise Wrong("no region is set: AWS_REGION=…, or --region")
        return 1 if {"doctor": doctor, "deploy": deploy, "lookups": lookups, "restore": restore}[o.what](o) else 0
    except Wrong as e:
        print(f"{o.what}: {e}", file=sys.stderr)
        return 1
    except (ClientError, BotoCoreError) as e:
        print(f"{o.what}: AWS says: {e}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
