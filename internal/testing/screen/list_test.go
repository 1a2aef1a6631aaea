package screen_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
)

// The list says in words what became of each import, is narrowed without a mouse,
// and keeps that and the notes.
func TestTheListOfImports(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	b := browser.New(t)
	tested := ""
	for _, x := range []struct {
		file   string
		action domain.Action
		rows   []byte
		by     domain.Who
	}{
		{"tested.csv", domain.Test, genres(t, s, "aurora", 3, "FOLK"), "u1 admin@aurora.example"},
		{"updated.csv", domain.Update, genres(t, s, "aurora", 2, "OPERA"), "u2 operator@aurora.example"},
		{"wrong.csv", domain.Update, genres(t, s, "aurora", 4, "XYZZY"), "u2 operator@aurora.example"},
	} {
		i := domain.Import{Institution: "aurora", FileName: x.file, DataType: domain.Criteria, Action: x.action, CreatedBy: x.by, Language: "en", Recipe: domain.Recipe{OnConflict: domain.Overwrite}}
		got, err := s.Import(t.Context(), i, x.rows)
		if err != nil || got.Status != domain.Done {
			t.Fatal(got, err)
		}
		if x.action == domain.Test {
			tested = got.ID
		}
	}
	p := b.Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.See("would change")
	p.See("Updated ")
	p.See("Nothing could go in")
	p.See("4 rows did not go in")
	listed := func(want int) {
		t.Helper()
		p.Until(fmt.Sprintf(`document.querySelectorAll(".imports-table tbody tr").length === %d`, want))
	}
	listed(3)

	p.TabTo("Filters")
	p.Keys(kb.Enter)
	p.Choose("Action", "Update")
	listed(2)
	p.See("Filters (1)")
	p.Choose("Person", "admin@aurora.example")
	p.See("No import is like this")
	p.Choose("Action", "All")
	listed(1)
	p.Press("tested.csv")
	p.Heading("tested.csv")

	p.Press("Add a note")
	p.Fill("Note", "For the gala")
	p.Keys(kb.Enter)
	p.See("Note saved")
	p.See("Change the note")
	p.Eval("history.back()", nil)
	p.Heading("Imports")
	p.See("For the gala")
	p.See("Filters (1)")
	p.TabTo("Clear the filters")
	p.Keys(kb.Enter)
	listed(3)
	p.Fill("Search by file name or note", "gala")
	listed(1)
	if v := p.Axe(); len(v) > 0 {
		t.Error(v)
	}

	// Two people write a note at once: neither is lost unseen.
	p.Press("tested.csv")
	p.Press("Change the note")
	p.Allow("412")
	if _, err := s.Jobs.ChangeImport(t.Context(), "aurora", tested, func(i *domain.Import) error { i.Note = "Written by another"; return nil }); err != nil {
		t.Fatal(err)
	}
	p.Fill("Note", "Mine")
	p.Press("Save")
	p.See("Somebody else saved this in the meantime")
	p.See("Written by another")
	p.Press("Take what is stored now")
	p.See("Change the note")
	p.See("Written by another")
}

// Without a file: values for a whole target, and cells from a spreadsheet, by the
// same test and update.
func TestWithoutAFile(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.Press("Dynamic targets")
	p.Press("Subscribers")
	p.Press("Set values")
	p.Heading("Set values")
	p.See("contacts match")
	p.Press("Test these values")
	p.See("Choose a field.")
	p.Choose("Field 1", "Favourite genre")
	p.Press("Test these values")
	p.See("Say what it should become.")
	p.Choose("New value of field 1", "Folk and world")
	p.Press("Add a field")
	p.Choose("Field 2", "Interests")
	if v := p.Axe(); len(v) > 0 {
		t.Error(v)
	}
	p.Press("Remove field 2")
	p.TabTo("Test these values")
	p.Keys(kb.Enter)
	p.See("Nothing has been written")
	p.See("would be changed")
	p.Press("Update now with this file")
	p.Press("Update now with this file")
	p.See("have been changed")
	i := newest(t, s)
	subscribers := 0
	for c, err := range s.Contacts.All(t.Context(), "aurora") {
		if err != nil {
			t.Fatal(err)
		}
		if c.Get("criterion:SUBSCRIBER") == domain.True {
			subscribers++
			if c.Get("criterion:GENRE") != "FOLK" {
				t.Errorf("%s has %s", c.Number, c.Get("criterion:GENRE"))
			}
		}
	}
	if i.Counts.Rows != subscribers || i.Counts.Updated == 0 {
		t.Errorf("%d subscribers, %+v", subscribers, i.Counts)
	}

	p.Go("#/new")
	p.Heading("New import")
	p.Press("Paste cells instead")
	p.Fill("Cells from a spreadsheet", strings.ReplaceAll(string(genres(t, s, "aurora", 2, "JAZZ")), ",", "\t"))
	p.Press("Use these 2 rows")
	p.SeeIn(".recognised", "Recognised from the file: Criteria")
	p.Press("Test the file")
	p.See("Nothing has been written")
	if i := newest(t, s); i.Counts.Rows != 2 || i.Counts.Updated != 2 || !strings.HasPrefix(i.FileName, "Pasted ") {
		t.Errorf("%+v %s", i.Counts, i.FileName)
	}
}

// Help is on every page, and begins with what is about it.
func TestHelpIsWithinReach(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	imports := sample(t, s)
	targets, _, err := s.Catalogue.Targets(t.Context(), "aurora", 1, "")
	if err != nil {
		t.Fatal(err)
	}
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "admin@aurora.example")
	for place, part := range map[string]string{
		"imports": "The first time, step by step", "new": "Testing", "imports/" + imports["columns"].ID + "/columns": "Lists of contacts from elsewhere",
		"imports/" + imports["test"].ID: "Mending on the page", "templates": "Import templates", "templates/new": "Import templates",
		"values": "What you write into [new]", "targets": "Dynamic targets", "targets/" + targets[0].ID: "Dynamic targets", "targets/" + targets[0].ID + "/set": "Values without a file",
		"contacts": "Whom a row is about", "contacts/new": "Whom a row is about", "contacts/deleted": "Undoing", "catalogue": "What you write into [new]", "settings": "Who may do what, and whom to ask", "users": "Who may do what, and whom to ask",
		"keys": "Who may do what, and whom to ask", "webhooks": "Who may do what, and whom to ask", "audit": "Who may do what, and whom to ask",
	} {
		p.Go("#/" + place)
		p.Settled()
		p.Press("Help")
		p.Heading("Help")
		p.FocusIs("h2 " + part)
	}
	for _, v := range p.Axe() {
		t.Error(v)
	}
}

// The help is the guide of the language, all of it and no mark of how it is written,
// with its pictures.
func TestHelpIsTheGuide(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	b := browser.New(t)
	for _, x := range []struct{ lang, browser, part string }{
		{"en", "en-GB", "What is never overwritten"}, {"de", "de-AT", "Was nie überschrieben wird"}, {"fr", "fr-CH", "Ce qui n’est jamais écrasé"}, {"it", "it-IT", "Che cosa non viene mai sovrascritto"}, {"es", "es-ES", "Lo que nunca se sobrescribe"},
	} {
		t.Run(x.lang, func(t *testing.T) {
			texts := words(t, x.lang)
			p := b.Page(browser.Options{Language: x.browser})
			p.Open(s.URL)
			p.Press(texts["landing.signIn"][""])
			p.SignIn("operator@aurora.example", dev.Password)
			p.Heading(texts["imports.title"][""])
			p.Go("#/help/never")
			p.Heading(texts["help.title"][""])
			p.SeeIn(".help-text", x.part)
			p.Until("document.activeElement?.id === 'help-never'")
			file, err := os.ReadFile("../../../docs/guide/" + x.lang + ".md")
			if err != nil {
				t.Fatal(err)
			}
			// What people read of the file: without marks, anchors, rules of tables, and
			// texts of pictures, and the title, which is the page's own.
			_, said, _ := strings.Cut(string(file), "\n")
			said = regexp.MustCompile(`\[([^\]]+)\]\(#\w+\)`).ReplaceAllString(said, "$1")
			said = regexp.MustCompile(`(?m)^<a id=.*$|^!\[.*$|^\|[-|]+$|^(#+|-|\d+\.) |\*\*|`+"`").ReplaceAllString(said, "")
			said = strings.NewReplacer(`\|`, "|", "|", " ").Replace(said)
			var shown string
			p.Eval("document.querySelector('main .lead').innerText + ' ' + [...document.querySelectorAll('.help-text section')].map((e) => e.innerText).join(' ')", &shown)
			if got, want := strings.Join(strings.Fields(shown), " "), strings.Join(strings.Fields(said), " "); got != want {
				t.Errorf("%s", cmp.Diff(want, got))
			}
			p.Eval("document.querySelectorAll('.help-text img').forEach((i) => { i.loading = 'eager'; })", nil)
			p.Until("document.querySelectorAll('.help-text img').length > 5 && [...document.querySelectorAll('.help-text img')].every((i) => i.complete && i.naturalWidth === 960 && i.naturalHeight === 600)")
			for _, width := range []int64{1280, 360} {
				p.Look(width, 900, false)
				if n := p.Overflow(); n > 0 {
					t.Errorf("%d pixels stick out at %d", n, width)
				}
			}
			for _, v := range p.Axe() {
				t.Error(v)
			}
			p.Look(1280, 900, false)
			if dir := os.Getenv("PICTURES"); dir != "" {
				if err := os.WriteFile(dir+"/help-"+x.lang+".png", p.Picture(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A list in other words waits in the list of imports for its columns to be matched,
// and leads there those who may.
func TestAListThatWaitsForItsColumns(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	for name, file := range map[string]string{"box office.csv": "Wer,Was\nann@list.example,x\n", "empty.csv": "Contact,Email\n"} {
		if got, err := s.Import(t.Context(), domain.Import{Institution: "aurora", FileName: name, DataType: domain.Contacts, Action: domain.Test, CreatedBy: "u2 operator@aurora.example", Language: "en"}, []byte(file)); err != nil || got.Status != domain.Rejected {
			t.Fatal(got, err)
		}
	}
	b := browser.New(t)
	v := b.Page(browser.Options{})
	signedIn(s, v, "viewer@aurora.example")
	v.See("Its columns wait to be matched")
	p := b.Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.See("Nothing could go in")
	for _, x := range p.Axe() {
		t.Error(x)
	}
	p.Press("Its columns wait to be matched")
	p.Heading("Match the columns")
}

// Who searches many contacts in vain is told that it goes on.
func TestASearchThatGoesOn(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.Go("#/contacts")
	p.Heading("Contacts")
	p.Settled()
	p.Eval(`window.asked = 0; window.end = null;
		const past = fetch;
		const page = (items, nextCursor) => new Response(JSON.stringify({ items, nextCursor }), { status: 200, headers: { 'Content-Type': 'application/json' } });
		window.fetch = async (path, init) => {
			if (!String(path).endsWith('/api/contacts/search') || !String(init.body).includes('Quast')) return past(path, init);
			asked += 1;
			if (asked < 2) return page([], 'on');
			await new Promise((r) => { end = r; });
			return page([{ number: '77', lastName: 'Quast', criteria: {}, authorisations: {} }]);
		}; true`, nil)
	p.Fill("Any part of name, number, e-mail, town or telephone", "Quast")
	p.See("still being looked through")
	p.Until("end")
	p.Eval("end(); true", nil)
	p.See("#77")
	p.Gone("still being looked through")
}

// A page that asks again says what it has: what is the same is not sent again, what
// changed is shown, and being asked less often is not the user's concern.
func TestAskingAgain(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	i, err := s.Import(t.Context(), domain.Import{Institution: "aurora", FileName: "spring.csv", DataType: domain.Criteria, Action: domain.Test, CreatedBy: "u1 admin@aurora.example", Language: "en"}, genres(t, s, "aurora", 3, "FOLK"))
	if err != nil || i.Status != domain.Done {
		t.Fatal(i, err)
	}
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.See("spring.csv")
	p.Eval(`window.answers = []; window.past = fetch; window.refuse = false;
		window.fetch = async (...asked) => {
			const r = refuse ? new Response('{"message":"Too Many Requests"}', { status: 429 }) : await past(...asked);
			answers.push(r.status + ' ' + asked[0]);
			return r;
		}; true`, nil)
	answers := 0
	again := func(want string) {
		t.Helper()
		p.Eval(`document.dispatchEvent(new Event('visibilitychange')); true`, nil)
		p.Until(fmt.Sprintf(`answers.length > %d`, answers))
		var got []string
		p.Eval(`answers`, &got)
		if last := got[len(got)-1]; !strings.HasPrefix(last, want) {
			t.Errorf("%v, want %s", got, want)
		}
		answers = len(got)
	}
	note := func(note string) {
		t.Helper()
		if _, err := s.Jobs.ChangeImport(t.Context(), "aurora", i.ID, func(i *domain.Import) error { i.Note = note; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	again("304 /api/imports?")
	p.See("spring.csv")
	note("For the gala")
	again("200 /api/imports?")
	p.See("For the gala")
	again("304 /api/imports?")
	p.Eval(`refuse = true`, nil)
	again("429 /api/imports?")
	p.See("For the gala")
	p.Eval(`refuse = false`, nil)

	if _, err := s.Jobs.ChangeImport(t.Context(), "aurora", i.ID, func(i *domain.Import) error { i.Status = domain.Running; return nil }); err != nil {
		t.Fatal(err)
	}
	again("200 /api/imports?")
	p.Press("spring.csv")
	p.Heading("spring.csv")
	p.See("Running")
	p.Until(`answers.some((a) => a.startsWith('304 /api/imports/'))`)
	p.Eval(`refuse = true`, nil)
	p.Until(`answers.some((a) => a.startsWith('429 /api/imports/'))`)
	var alerts int
	p.Eval(`document.querySelectorAll('[role=alert]').length`, &alerts)
	if alerts != 0 {
		t.Errorf("%d alerts", alerts)
	}
	p.Eval(`refuse = false`, nil)
	if _, err := s.Jobs.ChangeImport(t.Context(), "aurora", i.ID, func(i *domain.Import) error { i.Status = domain.Done; return nil }); err != nil {
		t.Fatal(err)
	}
	p.Eval(`document.dispatchEvent(new Event('visibilitychange')); true`, nil)
	p.See("would change")
}

// A count that takes more than one request shows how far it has come, and grows.
func TestACountGrows(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.Press("Dynamic targets")
	p.See("Subscribers")
	p.Eval(`window.asked = []; window.come = []; window.stopped = 0;
		const past = fetch;
		const part = (count, complete, sample) => new Response(JSON.stringify({ count, complete, at: new Date().toISOString(), nextCursor: complete ? undefined : 'part' + count,
			sample: sample.map((number) => ({ number, lastName: 'Abel' + number })) }), { status: 200, headers: { 'Content-Type': 'application/json' } });
		window.fetch = async (path, init) => {
			if (!/targets\/(preview|[^/]*\/count)/.test(path)) return past(path, init);
			asked.push(path.replace(/targets\/[^/]*\/count/, 'targets/{id}/count') + ' ' + (init.body ? JSON.stringify({ ...JSON.parse(init.body), condition: undefined }) : ''));
			if (asked.length === 1) return part(window.first ?? 1200, false, ['1', '2']);
			await new Promise((r, no) => {
				come.push(r);
				init.signal.addEventListener('abort', () => { stopped++; no(new DOMException('left', 'AbortError')); });
			});
			return part(asked.length * 10000, asked.length === 3, asked.length === 2 ? ['3'] : []);
		}; true`, nil)
	p.Press("Subscribers")
	p.See("At least 1,200 contacts match")
	p.See("Counting…")
	p.Until(`come.length === 1`)
	p.Eval(`come[0](); true`, nil)
	p.See("At least 20,000 contacts match")
	p.Until(`come.length === 2`)
	p.Eval(`come[1](); true`, nil)
	p.See("30,000 contacts match")
	p.Until(`!document.body.textContent.includes('At least') && !document.body.textContent.includes('Counting…')`)
	var got, sample []string
	p.Eval(`asked`, &got)
	p.Eval(`[...document.querySelectorAll('.sample tbody tr a')].map((a) => a.textContent)`, &sample)
	want := []string{"/api/targets/{id}/count?seconds=3 ", "/api/targets/{id}/count?seconds=10&more=true ", "/api/targets/{id}/count?seconds=10&more=true "}
	if fmt.Sprint(got) != fmt.Sprint(want) || fmt.Sprint(sample) != "[#1 #2 #3]" {
		t.Errorf("asked %q, shows %v", got, sample)
	}

	// While a condition is edited, the cursor goes on.
	p.Eval(`asked.length = 0; come.length = 0; true`, nil)
	p.Press("Dynamic targets")
	p.Press("New dynamic target")
	p.Choose("Field of comparison 1", "Contact by e-mail")
	p.See("At least 1,200 contacts match")
	p.Until(`come.length === 1`)
	p.Eval(`asked`, &got)
	if len(got) != 2 || got[0] != `/api/targets/preview {"seconds":3}` || got[1] != `/api/targets/preview {"cursor":"part1200","seconds":10}` && got[1] != `/api/targets/preview {"seconds":10,"cursor":"part1200"}` {
		t.Errorf("asked %q", got)
	}
	// Leaving the page ends it.
	p.Eval(`stopped = 0`, nil)
	p.Press("Dynamic targets")
	p.See("Subscribers")
	p.Until(`stopped === 1`)
	// Of none it says no number.
	p.Eval(`asked.length = 0; window.first = 0; true`, nil)
	p.Press("Subscribers")
	p.See("No contact found so far")
}
