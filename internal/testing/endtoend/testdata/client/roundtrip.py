"""The round trip of main.go, by the client that openapi-python-client makes."""
import csv
import datetime
import io
import os
import sys
import time
import zipfile

import httpx

from client import AuthenticatedClient
from client.api.contacts import find_contacts
from client.api.dynamic_targets import create_target
from client.api.imports import create_import, get_import, start_import
from client.api.templates import create_template, get_template, get_template_file
from client.models import ImportBody, ImportBodyAction, ImportBodyDataType, TargetBody, TargetBodyCondition, TemplateBody, TemplateBodyDataType
from client.models.problem import Problem

c = AuthenticatedClient(base_url=os.environ["URL"], token=os.environ["KEY"], timeout=60)
began = datetime.datetime.now(datetime.timezone.utc)


def ok(answer):
    if answer is None or isinstance(answer, Problem):
        sys.exit(f"not taken: {answer}")
    return answer


def run(data_type, file):
    """Imports a file and waits for its end."""
    job = ok(create_import.sync(client=c, body=ImportBody(action=ImportBodyAction.UPDATE, data_type=data_type, file_name="python.csv")))
    httpx.post(job.upload.url, data=job.upload.fields.to_dict(), files={"file": ("python.csv", file)}).raise_for_status()
    start_import.sync(client=c, id=job.id)
    while True:
        shown = get_import.sync(client=c, id=job.id)
        if isinstance(shown, Problem) and shown.status == 503:
            time.sleep(1)
            continue
        if ok(shown).status == "done":
            return shown
        if shown.status in ("rejected", "failed", "incomplete", "cancelled"):
            sys.exit(f"the import is {shown}")
        time.sleep(0.2)


city = "Pythonville " + began.strftime("%H%M%S")
made = run(ImportBodyDataType.CONTACTS, f"Email,Last name,City\npython.one@example.com,Python,{city}\npython.two@example.com,Python,{city}\n")
assert made.counts.created == 2, made.counts

condition = TargetBodyCondition.from_dict({"field": "contact:city", "op": "is", "value": city})
target = ok(create_target.sync(client=c, body=TargetBody(name=city, condition=condition)))
form = ok(create_template.sync(client=c, body=TemplateBody.from_dict({
    "dataType": TemplateBodyDataType.CONTACTS, "targetId": target.id, "include": ["criteria", "authorisations"], "updatedSince": began.isoformat()})))
while (status := ok(get_template.sync(client=c, id=form.id)).status) == "preparing":
    time.sleep(0.2)
assert status == "ready", status
signed = ok(get_template_file.sync(client=c, id=form.id, redirect=False))
archive = zipfile.ZipFile(io.BytesIO(httpx.get(signed.url).content))
rows = list(csv.reader(io.StringIO(archive.read("contacts.csv").decode("utf-8-sig"))))
numbers = {row[0].removeprefix("#") for row in rows[1:]}
assert len(numbers) == 2, rows
for row in rows[1:]:
    row[rows[0].index("[new] GENRE")] = "ROCK"
    row[rows[0].index("[new] authorisation:EMAIL")] = "TRUE"
changed = io.StringIO()
csv.writer(changed).writerows(rows)
updated = run(ImportBodyDataType.CONTACTS, changed.getvalue())
assert updated.counts.updated == 2, updated.counts

seen, cursor = set(), ""
while True:
    page = ok(find_contacts.sync(client=c, updated_since=began, cursor=cursor))
    for contact in page.items:
        if contact.number in numbers and contact.criteria.to_dict().get("GENRE") == "ROCK" and contact.authorisations.to_dict().get("EMAIL") is True:
            seen.add(contact.number)
    cursor = page.next_cursor
    if not cursor:
        assert page.next_updated_since <= datetime.datetime.now(datetime.timezone.utc), page.next_updated_since
        break
assert seen == numbers, (seen, numbers)
print(*sorted(numbers), updated.id, sep="\n")
