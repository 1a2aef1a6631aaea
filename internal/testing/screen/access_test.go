package screen_test

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
)

var shots = flag.String("shots", "", "folder to keep pictures of every screen in, such as ../../../docs/screens")

// keep stores a picture with as few colours as do, so that it is small.
func keep(t *testing.T, file string, shot []byte) {
	t.Helper()
	in, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		t.Fatal(err)
	}
	b := in.Bounds()
	b.Max.Y = min(b.Max.Y, 3000) // the rest of a long list is more of the same
	seen := map[color.NRGBA]int{}
	colour := func(x, y int) color.NRGBA { return color.NRGBAModel.Convert(in.At(x, y)).(color.NRGBA) }
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			seen[colour(x, y)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(seen), func(a, b color.NRGBA) int { return seen[b] - seen[a] })
	palette := make(color.Palette, 0, 256)
	for _, c := range colours[:min(256, len(colours))] {
		palette = append(palette, c)
	}
	out, index := image.NewPaletted(b, palette), map[color.NRGBA]uint8{}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := colour(x, y)
			i, ok := index[c]
			if !ok {
				i = uint8(palette.Index(c))
				index[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	var small bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, out); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, small.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// sample fills an institution's list with imports of every kind, and returns
// them by name.
func sample(t *testing.T, s *dev.Stack) map[string]domain.Import {
	t.Helper()
	var numbers []domain.ContactNumber
	genre := map[domain.ContactNumber]string{}
	for c, err := range s.Contacts.All(t.Context(), "aurora") {
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, c.Number)
		genre[c.Number] = string(c.Get("criterion:GENRE"))
	}
	file := func(header string, n int, row func(i int, number string) []string) []byte {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.UseCRLF = true
		w.Write(strings.Split(header, ","))
		for i := range n {
			w.Write(row(i, "#"+string(numbers[i])))
		}
		w.Flush()
		return b.Bytes()
	}
	spring := file("Contact,[old] GENRE,[new] GENRE,[old] SEGMENT,[new] SEGMENT,[new] SUBSCRIBER", 160, func(i int, number string) []string {
		old := genre[numbers[i]]
		row := []string{number, old, []string{"JAZZ", "ROCK", "OPERA", "CLASSICAL", "Empty"}[i%5], "", "", []string{"", "TRUE", "FALSE"}[i%3]}
		c, _ := s.Contacts.Get(t.Context(), "aurora", numbers[i])
		row[3] = string(c.Get("criterion:SEGMENT"))
		row[4] = []string{"", "PATRON", "REGULAR", ""}[i%4]
		switch {
		case i%23 == 5:
			row[2] = "JAZZZ"
		case i%37 == 7:
			row[1] = "FOLK" // changed since
		case i%41 == 9:
			row[5] = "maybe"
		case i == 30:
			row[0] = "#999999999"
		}
		return row
	})
	allow := file("Contact,[old] EMAIL,[new] EMAIL", 90, func(i int, number string) []string {
		c, _ := s.Contacts.Get(t.Context(), "aurora", numbers[i])
		return []string{number, string(c.Get("authorisation:EMAIL")), []string{"TRUE", "FALSE", ""}[i%3]}
	})
	out := map[string]domain.Import{}
	for _, x := range []struct {
		name   string
		imp    domain.Import
		file   []byte
		status domain.Status
	}{
		{"rejected", domain.Import{FileName: "contacts-from-the-box-office.csv", DataType: domain.Criteria, Action: domain.Test}, []byte("Name;Town\r\nRossi;Milano\r\n"), domain.Rejected},
		{"columns", domain.Import{FileName: "audience.csv", DataType: domain.Contacts, Action: domain.Test}, mailchimp(0, 12), domain.Rejected},
		{"update", domain.Import{FileName: "newsletter-consent-october.csv", DataType: domain.Authorisations, Action: domain.Update}, allow, domain.Done},
		{"test", domain.Import{FileName: "spring-season.csv", DataType: domain.Criteria, Action: domain.Test}, spring, domain.Done},
	} {
		x.imp.Institution, x.imp.CreatedBy, x.imp.OnConflict, x.imp.Language = "aurora", "operator@aurora.example", domain.Skip, "en"
		got, err := s.Import(t.Context(), x.imp, x.file)
		if err != nil || got.Status != x.status {
			t.Fatalf("%s: %+v %v", x.name, got, err)
		}
		out[x.name] = got
	}
	waiting := domain.Import{ID: "0199aaaa-0000-7000-8000-000000000001", Institution: "aurora", FileName: "autumn.csv", DataType: domain.Criteria, Action: domain.Update,
		Status: domain.Waiting, CreatedBy: "admin@aurora.example", CreatedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour), Language: "en"}
	if _, _, err := s.Jobs.CreateImport(t.Context(), waiting, domain.Once{}, ""); err != nil {
		t.Fatal(err)
	}
	running := waiting
	running.CreatedAt = time.Date(2026, 3, 5, 14, 7, 0, 0, time.UTC)
	running.ID, running.FileName, running.Status, running.Rows = "0199bbbb-0000-7000-8000-000000000002", "members.xlsx", domain.Running, 100000
	if _, _, err := s.Jobs.CreateImport(t.Context(), running, domain.Once{}, ""); err != nil {
		t.Fatal(err)
	}
	s.Jobs.SetProgress(t.Context(), "aurora", running.ID, 0, domain.Counts{Rows: 62000, Updated: 61234, Unchanged: 766})
	out["waiting"], out["running"] = waiting, running
	administered(t, s)
	return out
}

// administered fills the pages of the administration.
func administered(t *testing.T, s *dev.Stack) {
	t.Helper()
	at := time.Date(2026, 3, 5, 14, 7, 0, 0, time.UTC)
	for _, k := range []domain.Key{
		{ID: "k1", Name: "CRM synchronisation", Role: "operator", CreatedAt: at, CreatedBy: domain.WhoIs("u1", "admin@aurora.example")},
		{ID: "k2", Name: "A-name-without-any-blank-that-somebody-chose-for-the-box-office", Role: "viewer", CreatedAt: at, CreatedBy: domain.WhoIs("u1", "admin@aurora.example"), ExpiresAt: at.AddDate(50, 0, 0)},
	} {
		if err := s.Keys.Create(t.Context(), "aurora", k.ID, k); err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range []domain.Webhook{
		{ID: "w1", URL: "https://crm.aurora.example/rollbook", Events: domain.Events, CreatedAt: at, CreatedBy: domain.WhoIs("u1", "admin@aurora.example"),
			Last: domain.Attempt{At: at, Event: domain.ImportFinished, Delivery: "d1", Status: 503, Code: "webhookRefused"}},
		{ID: "w2", URL: "https://hooks.example/" + strings.Repeat("a1b2c3d4", 12), Events: domain.Events[:1], CreatedAt: at, CreatedBy: domain.WhoIs("u1", "admin@aurora.example"), Gone: true},
	} {
		if err := s.Webhooks.Create(t.Context(), "aurora", w.ID, w); err != nil {
			t.Fatal(err)
		}
	}
	for _, u := range []domain.User{
		{ID: "u7", Email: "a.very.long.name.of.somebody@box-office.aurora.example", Groups: []string{"operator"}, LastSignedIn: at},
		{ID: "u8", Email: "left@aurora.example", Groups: []string{"viewer"}, LastSignedIn: at, Disabled: true},
	} {
		if _, err := s.Users.Change(t.Context(), "aurora", u.ID, func(k *domain.User) error { *k = u; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	gone := domain.Removed{Contact: domain.Contact{Number: "0098765", Fields: map[domain.Field]domain.Value{"contact:lastName": "Ferreira-Montgomery", "contact:firstName": "Ana", "contact:email": "ana.ferreira.montgomery@long-domain-name.example"}},
		RemovedAt: time.Now().UTC(), RemovedBy: domain.WhoIs("u1", "admin@aurora.example")}
	if err := s.Removed.Create(t.Context(), "aurora", "0098765", gone); err != nil {
		t.Fatal(err)
	}
}

// Every screen, in light and dark, narrow and wide: axe finds nothing, nothing
// sticks out, and the browser has nothing to complain about.
func TestEveryScreenIsAccessible(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{Contacts: 400})
	imports := sample(t, s)
	targets, _, err := s.Catalogue.Targets(t.Context(), "aurora", 50, "")
	if err != nil {
		t.Fatal(err)
	}
	nested := targets[0].ID
	for _, x := range targets {
		if x.Name == "Born before 1960, not lapsed" {
			nested = x.ID
		}
	}
	for _, name := range []string{"Everybody", "Subscribers"} {
		for _, x := range targets {
			if x.Name == name {
				tpl := domain.Template{ID: "0199cccc-0000-7000-8000-00000000000" + fmt.Sprint(len(name)), Institution: "aurora", DataType: domain.Criteria, TargetID: x.ID, TargetName: x.Name,
					Format: "csv", Language: "en", Status: domain.Preparing, CreatedAt: time.Now().Add(-12 * 24 * time.Hour), CreatedBy: "operator@aurora.example", ExpiresAt: time.Now().Add(time.Hour * 400)}
				if _, _, err := s.Jobs.CreateTemplate(t.Context(), tpl, domain.Once{}); err != nil {
					t.Fatal(err)
				}
				s.Prepare(t.Context(), tpl)
			}
		}
	}
	var number domain.ContactNumber
	for c, err := range s.Contacts.All(t.Context(), "aurora") {
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Fields) > 14 {
			number = c.Number
			break
		}
	}

	b := browser.New(t)
	p := b.Page(browser.Options{})
	looks := []struct {
		name          string
		width, height int64
		dark, keep    bool
	}{{"wide", 1280, 900, false, true}, {"wide-dark", 1280, 900, true, false}, {"narrow", 320, 800, false, false}, {"narrow-dark", 320, 800, true, true}}
	check := func(name string) {
		t.Helper()
		for _, l := range looks {
			p.Look(l.width, l.height, l.dark)
			axe := p.Axe
			if l.dark {
				axe = p.AxeColours
			}
			for _, v := range axe() {
				t.Errorf("%s, %s: %s", name, l.name, v)
			}
			if n := p.Overflow(); n > 0 {
				t.Errorf("%s, %s: the page is %d pixels too wide", name, l.name, n)
			}
			if *shots != "" && l.keep {
				keep(t, filepath.Join(*shots, name+"-"+l.name+".png"), p.Picture())
			}
		}
		p.Look(1280, 900, false)
	}

	p.Open(s.URL)
	p.See("Sign in")
	check("sign-in")
	p.Press("Sign in")
	p.SignIn("admin@aurora.example", dev.Password)
	p.Heading("Imports")
	p.See("spring-season.csv")
	check("imports")
	for _, x := range []struct {
		name, hash, see string
		before          func()
	}{
		{"new", "#/new", "Test the file quality", func() {
			p.Press("More options")
			p.Check("Send me an e-mail with the result")
			p.Press("Paste cells instead")
		}},
		{"import-waiting", "#/imports/" + imports["waiting"].ID, "Waiting for the file", nil},
		{"import-running", "#/imports/" + imports["running"].ID, "Going through the rows", nil},
		{"import-rejected", "#/imports/" + imports["rejected"].ID, "The file was rejected", nil},
		{"import-columns", "#/imports/" + imports["columns"].ID, "Say what its columns are for", nil},
		{"match", "#/imports/" + imports["columns"].ID + "/columns", "still to be decided", func() { p.Press("How the values are read and written"); p.Fill("What is MEMBER_RATING for?", "genre") }},
		{"import-test", "#/imports/" + imports["test"].ID, "Nothing has been written", func() { p.See("Did you mean JAZZ?") }},
		{"import-update-question", "#/imports/" + imports["test"].ID, "Nothing has been written", func() { p.Press("Update now with this file"); p.See("You can undo the update afterwards.") }},
		{"import-mend", "#/imports/" + imports["test"].ID, "Did you mean JAZZ?", func() {
			p.Press("Replace by Jazz in 7 rows")
			p.PressIn("maybe", "Leave out these 4 rows")
			p.PressIn("All conflicts", "Take ours")
			p.See("6 corrections, not tested yet")
			p.See("Saved with the import")
			p.Press("Show all 6 corrections")
		}},
		{"import-mend-rows", "#/imports/" + imports["test"].ID, "6 corrections, not tested yet", func() { p.Press("By row"); p.See("Arrow keys move"); p.Eval("scrollTo(0, 0)", nil) }},
		{"import-update", "#/imports/" + imports["update"].ID, "contacts have been changed", nil},
		{"templates", "#/templates", "12 days ago", nil},
		{"template-new", "#/templates/new", "The contacts that the file lists.", func() { p.Choose("Dynamic target", "Subscribers"); p.See("contacts match") }},
		{"values", "#/values", "Copy all 11 codes", nil},
		{"targets", "#/targets", "Born before 1960, not lapsed", nil},
		{"target", "#/targets/" + nested, "The first", func() {
			p.PressIn("Lapsed", "Add group")
			p.Choose("Field of comparison 2.2.1", "Interests")
			p.Choose("Kind of comparison 2.2.1", "is one of")
			p.Check("Concerts")
			p.Check("Talks")
			p.See("The first")
		}},
		{"target-set", "#/targets/" + nested + "/set", "contacts match", func() {
			p.Choose("Field 1", "Favourite genre")
			p.Choose("New value of field 1", "Jazz")
			p.Press("Add a field")
		}},
		{"contacts", "#/contacts", "#" + string(number), nil},
		{"contact-new", "#/contacts/new", "1 to 20 digits", nil},
		{"contact", "#/contacts/" + string(number), "Favourite genre", nil},
		{"contact-edit", "#/contacts/" + string(number) + "/edit", "What proves the authorisations", nil},
		{"catalogue", "#/catalogue", "Favourite genre", nil},
		{"catalogue-field", "#/catalogue/criteria/GENRE", "OTHER_STAGE", nil},
		{"catalogue-new", "#/catalogue/criteria/new", "Free text of up to 250 characters.", func() { p.Press("Add value") }},
		{"settings", "#/settings", "Titles", func() { p.See("used") }},
		{"users", "#/users", "Refuse access", nil},
		{"keys", "#/keys", "CRM synchronisation", nil},
		{"key-new", "#/keys", "CRM synchronisation", func() { p.Press("New key"); p.See("What it is for") }},
		{"webhooks", "#/webhooks", "Not taken", nil},
		{"audit", "#/audit", "Signed in", nil},
		{"contacts-deleted", "#/contacts/deleted", "Bring back", nil},
		{"nowhere", "#/nowhere", "There is nothing at this address.", nil},
	} {
		p.Go("#/")
		p.Heading("Imports")
		p.Go(x.hash)
		p.SeeOrHold(x.see)
		if x.before != nil {
			x.before()
		}
		check(x.name)
		p.Open(s.URL)
		p.Heading("Imports")
	}
	// What a missing thing says.
	p.Allow("404")
	p.Go("#/imports/0199dddd-0000-7000-8000-000000000001")
	p.See("There is nothing at this address.")
	check("missing")
}
