package importtest_test

import (
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"rollbook/internal/domain"
)

// What users of other programs reported of their imports, each by where it was
// reported: what came in there wrongly, or not at all. Each goes through test, update
// and undo as the numbered ones do, and what it stores is read back.
func TestReportedElsewhere(t *testing.T) {
	contacts := func(name, file, counts, holds string, problems ...string) input {
		return input{name: name, dt: domain.Contacts, file: file, counts: counts, holds: holds, problems: problems}
	}
	sheet := func(rows [][]any, edit func(f *excelize.File) error) string {
		if edit == nil {
			edit = func(*excelize.File) error { return nil }
		}
		return edited(t, rows, edit)
	}
	ins := []input{
		contacts("blanks behind an address (oroinc/crm#357)", "Email,City\nc0000001@example.org  ,Bern\n", "1 updated", "1 Email=c0000001@example.org | 1 City=Bern"),
		contacts("a no-break blank behind an address (Notifuse/notifuse#223)", "Email,City\nc0000001@example.org\u00a0,Bern\n", "1 updated", "1 Email=c0000001@example.org | 1 City=Bern"),
		contacts("an address in capitals is the same one (tbar0970/jethro-pmm#736)", "Email\nC0000001@EXAMPLE.ORG\n", "1 unchanged", "1 Email=c0000001@example.org"),
		contacts("an apostrophe before a plus (odoo/odoo#99995)", "Email,Phone\nc0000001@example.org,'+380 99 345-67-89\n", "1 updated", "1 Phone=+380993456789"),
		contacts("a plus that became another sign (Admidio/admidio#1466)", "Email,Phone\nc0000001@example.org,#1 (555) 555-1212\n", "1 rejected", "1 Phone=", "2 badPhone Phone “#1 (555) 555-1212”"),
		contacts("several telephones in a cell (owncloud-archive/contacts#818)", "Email,Phone\nc0000001@example.org,+41446681800 ::: +41791234567\n", "1 updated", "1 Phone=+41791234567"),
		contacts("a telephone number with an exponent (Automattic/camptix#40)", "Email,Phone\nc0000001@example.org,4.41E+11\n", "1 rejected", "1 Phone=", "2 spreadsheetNumber Phone “4.41E+11”"),
		contacts("a telephone number that lost its zero (SpartnerNL/Laravel-Excel#300)", "Email,Phone,Country\nc0000001@example.org,444123456,BE\n", "1 rejected", "1 Phone= | 1 Country=", "2 badPhone Phone “444123456”"),
		contacts("a telephone number that lost its plus (iris-connect/iris-client#443)", "Email,Phone\nc0000001@example.org,442079460018\n", "1 rejected", "1 Phone=", "2 lostPlus Phone “442079460018” → +442079460018"),
		contacts("a prefix of an advertiser's leads (tests of several importers)", "Email,Phone\nc0000001@example.org,p:+442079460018\n", "1 updated", "1 Phone=+442079460018"),
		contacts("a link for an address (sendgrid/docs#4444)", "Email,City\nmailto:c0000001@example.org,Bern\n", "1 rejected", "1 City=", "2 emailDecoration Email “mailto:c0000001@example.org” → c0000001@example.org"),
		contacts("an address that ends in a dot (wooxy.com, common mistakes)", "Email,City\nc0000001@example.org.,Bern\n", "1 rejected", "1 City=", "2 badEmail Email “c0000001@example.org.” → c0000001@example.org"),
		contacts("values of blanks only (formbricks/formbricks#6699)", "Email,City,Street\nc0000001@example.org,\u00a0 ,Gasse 1\n", "1 updated", "1 City= | 1 Street=Gasse 1"),
		contacts("a birth date with a time behind it (noterouter.freshdesk.com, 1007)", "Email,Birth date\nc0000001@example.org,1985-04-12T00:00:00.000Z\n", "1 updated", "1 Birth date=1985-04-12"),
		contacts("a country by its name (help.tithe.ly 4678314)", "Email,Country\nc0000001@example.org,the Netherlands\nc0000002@example.org,UK\n", "2 updated", "1 Country=NL | 2 Country=GB"),
		contacts("a contact who shares an address with two (corpnote.com, FAQ 188)", "Email,First name,Last name\nc0000001@example.org,Ida,Auer\nc0000001@example.org,Otto,Auer\n", "2 rejected", "1 First name=", "2 samePerson", "3 samePerson"),
		{name: "blank columns at the right of a sheet (OpenRefine/OpenRefine#491)", file: sheet([][]any{{"Contact", "[new] NOTE", "", ""}, {"#0000001", "a", "", " "}}, nil), counts: "1 updated", holds: "1 NOTE=a"},
		{name: "a sheet that begins with a blank row (VisActor/VTable#5228)", file: sheet([][]any{{}, {"Contact", "[new] NOTE"}, {}, {"#0000001", "a"}}, nil), counts: "1 updated", holds: "1 NOTE=a"},
		{name: "empty cells between others (PhenoApps/Field-Book#1038)", file: sheet([][]any{{"Contact", "[new] GENRE", "[new] NOTE"}, {"#0000001", nil, "a"}, {"#0000002", "JAZZ", nil}}, nil), counts: "2 updated", holds: "1 GENRE= | 1 NOTE=a | 2 GENRE=JAZZ | 2 NOTE="},
		{name: "rows that are only formatted (icaruseu/mom-ca#41)", file: sheet([][]any{{"Contact", "[new] NOTE"}, {"#0000001", "a"}}, func(f *excelize.File) error {
			bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
			if err == nil {
				err = f.SetCellStyle("Sheet1", "A3", "B60", bold)
			}
			return err
		}), counts: "1 updated", holds: "1 NOTE=a"},
		{name: "the calendar of 1904 (box/spout#655)", file: sheet([][]any{{"Contact", "[new] LAST_VISIT"}, {"#0000001", 40712}}, func(f *excelize.File) error {
			yes := true
			if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}); err != nil {
				return err
			}
			day, err := f.NewStyle(&excelize.Style{NumFmt: 14})
			if err == nil {
				err = f.SetCellStyle("Sheet1", "B2", "B2", day)
			}
			return err
		}), counts: "1 updated", holds: "1 LAST_VISIT=2015-06-19"},
	}
	for i := range ins {
		ins[i].news = true
		if strings.HasPrefix(ins[i].name, "several telephones") {
			ins[i].warn = []string{"severalTaken 2"}
		}
		if ins[i].counts == "2 rejected" {
			ins[i].warn = []string{"samePerson 2"}
		}
	}
	runAll(t, ins)
}
