"""What bench-peers runs of other people's: each call does one piece of work on
the file that it is given and prints in JSON what it saw."""
import csv
import json
import sys


def rows(path):
    with open(path, newline="", encoding="utf-8") as f:
        yield from csv.reader(f)


def say(**seen):
    """Tells what was seen, and on Linux the most memory that this process had."""
    try:
        with open("/proc/self/status") as f:
            seen["peak"] = next(int(line.split()[1]) for line in f if line.startswith("VmHWM:"))
    except OSError:
        pass
    print(json.dumps(seen))


def count(read):
    say(rows=sum(1 for _ in read) - 1)


def read_csv(path):
    count(rows(path))


def read_calamine(path):
    from python_calamine import CalamineWorkbook

    count(CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows())


def read_fastexcel(path):
    import fastexcel

    say(rows=fastexcel.read_excel(path).load_sheet(0, dtypes="string").height)


def read_openpyxl(path):
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    count(book.worksheets[0].iter_rows(values_only=True))


def write_xlsxwriter(path, out):
    import xlsxwriter

    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    n = -1
    for n, row in enumerate(rows(path)):
        for k, cell in enumerate(row):
            sheet.write_string(n, k, cell)
    book.close()
    say(rows=n)


def write_rustpy(path, out):
    from rustpy_xlsxwriter import write_worksheet

    read = csv.reader(open(path, newline="", encoding="utf-8"))
    header, n = next(read), 0

    def records():
        nonlocal n
        for row in read:
            n += 1
            yield dict(zip(header, row))

    write_worksheet(records(), out)
    say(rows=n)


def write_openpyxl(path, out):
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    n = -1
    for n, row in enumerate(rows(path)):
        sheet.append(row)
    book.save(out)
    say(rows=n)


GENRES = ["CLASSICAL", "OPERA", "JAZZ", "ROCK"]


def django(database):
    """A model of contacts in SQLite, and the resource class that imports it with
    every check that the library has."""
    import django
    from django.conf import settings

    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database}},
        INSTALLED_APPS=["import_export"], USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    from django.db import models
    from import_export import fields, resources

    class Contact(models.Model):
        number = models.CharField(max_length=10, primary_key=True)
        name = models.CharField(max_length=100, blank=True)
        genre = models.CharField(max_length=20, blank=True, choices=[(g, g) for g in GENRES])
        note = models.CharField(max_length=200, blank=True)

        class Meta:
            app_label = "import_export"  # the only app that there is

    class Resource(resources.ModelResource):
        number = fields.Field(attribute="number", column_name="Contact")
        name = fields.Field(attribute="name", column_name="Last name")
        genre = fields.Field(attribute="genre", column_name="[new] GENRE")
        note = fields.Field(attribute="note", column_name="[new] NOTE")

        class Meta:
            model = Contact
            import_id_fields = ["number"]
            fields = ("number", "name", "genre", "note")
            use_transactions = True
            skip_unchanged = True
            clean_model_instances = True

    return Contact, Resource


def create(model):
    from django.db import connection

    with connection.schema_editor() as editor:
        editor.create_model(model)


def prepare_django(path, database):
    contact, _ = django(database)
    create(contact)
    read = csv.DictReader(open(path, newline="", encoding="utf-8"))
    made = contact.objects.bulk_create(
        [contact(number=r["Contact"], genre="JAZZ", note=r["[old] NOTE"]) for r in read], batch_size=1000)
    say(rows=len(made))


def import_django(path, database, bulk=False):
    import tablib

    contact, resource = django(database)
    if bulk:
        resource._meta.use_bulk = True
        resource._meta.skip_diff = True
        resource._meta.skip_unchanged = False
        resource._meta.skip_html_diff = True
    with open(path, newline="", encoding="utf-8") as f:
        data = tablib.Dataset().load(f, format="csv")
    result = resource().import_data(data, raise_errors=True)
    changed = contact.objects.filter(note__startswith="new").count()
    if result.has_errors() or result.has_validation_errors():
        sys.exit("rows were not imported")
    say(rows=changed)


def odd_django(folder):
    """Each odd file goes into the same three contacts."""
    import os

    import tablib

    contact, resource = django(":memory:")
    create(contact)
    out = {}
    for name in sorted(os.listdir(folder)):
        contact.objects.all().delete()
        for n, genre in (("0012345", "OPERA"), ("0012346", "JAZZ"), ("0012347", "JAZZ")):
            contact.objects.create(number=n, genre=genre, name="Smith", note="a note")
        try:
            with open(os.path.join(folder, name), newline="", encoding="utf-8") as f:
                data = tablib.Dataset().load(f, format="csv")
            result = resource().import_data(data)
            wrong = len(result.invalid_rows) + len(result.error_rows) + len(result.base_errors)
            failed = ""
        except Exception as e:  # what the library says is what is asked here
            wrong, failed = 0, type(e).__name__
        out[name] = {
            "failed": failed, "wrong": wrong,
            "contacts": {c.number: [c.name, c.genre, c.note] for c in contact.objects.order_by("number")},
        }
    print(json.dumps(out))


def main(name, *args):
    {
        "read-csv": read_csv, "read-calamine": read_calamine, "read-fastexcel": read_fastexcel, "read-openpyxl": read_openpyxl,
        "write-xlsxwriter": write_xlsxwriter, "write-rustpy": write_rustpy, "write-openpyxl": write_openpyxl,
        "prepare-django": prepare_django, "import-django": import_django,
        "import-django-bulk": lambda path, database: import_django(path, database, bulk=True), "odd-django": odd_django,
    }[name](*args)


if __name__ == "__main__":
    main(*sys.argv[1:])
