package screen_test

import (
	"fmt"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
)

// A page is about what it shows: nothing is left in it of another one, of an earlier
// search or file, or of what somebody has changed since.
func TestNothingIsLeftOfBefore(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	b := browser.New(t)
	open := func(t *testing.T) *browser.Page {
		p := b.Page(browser.Options{})
		signedIn(s, p, "admin@aurora.example")
		return p
	}
	t.Run("the failure of another view", func(t *testing.T) {
		p := open(t)
		p.Allow("ERR_BLOCKED_BY_CLIENT")
		p.Allow("404")
		p.Block("*/assets/users-*")
		p.Go("#/users")
		p.See("This page could not be loaded")
		p.Go("#/imports/users")
		p.See("There is nothing at this address.")
	})
	t.Run("a search that was emptied", func(t *testing.T) {
		p := open(t)
		p.Go("#/contacts")
		p.Heading("Contacts")
		p.Fill("Any part of name", "0000001")
		p.Until(`location.hash === "#/contacts?q=0000001"`)
		p.Fill("Any part of name", "")
		p.Until(`location.hash === "#/contacts"`)
	})
	t.Run("what another file was taken for", func(t *testing.T) {
		p := open(t)
		p.Go("#/new")
		p.Heading("New import")
		p.Upload("authorisations.csv", []byte("a,b\n1,2\n"))
		p.See("Recognised from the file")
		p.Upload("list.csv", []byte("a,b\n1,2\n"))
		p.Gone("Recognised from the file")
		p.Until(`!document.querySelector("[name=dataType]:checked")`)
	})
	t.Run("a target that was begun", func(t *testing.T) {
		p := open(t)
		p.Go("#/targets/new")
		p.Heading("New dynamic target")
		p.Fill("Name", "Half done")
		p.Press("Dynamic targets")
		p.Press("Subscribers")
		p.Heading("Subscribers")
		p.Press("Duplicate")
		p.Heading("New dynamic target")
		if got := p.Value("Name"); got != "Subscribers (copy)" {
			t.Errorf("the copy is called %q", got)
		}
	})
	t.Run("fields that are gone", func(t *testing.T) {
		targets, _, err := s.Catalogue.Targets(t.Context(), "aurora", 1, "")
		if err != nil {
			t.Fatal(err)
		}
		p := open(t)
		p.Eval(fmt.Sprintf(`sessionStorage.setItem("rollbook.draft.template", JSON.stringify({ since: 1, value: { dataType: "authorisations", targetId: %q, fields: ["EMAIL", "GONE", "LOST", "SINCE"], include: [], since: "", format: "csv", mail: false, email: "" } })); true`, targets[0].ID), nil)
		// Whoever is quicker than the targets has chosen one all the same.
		p.Eval(`const ask = window.fetch;
			window.fetch = async (what, how) => {
				if (String(what.url || what).includes('/api/targets')) await new Promise((done) => { setTimeout(done, 1000); });
				return ask(what, how);
			}; return true`, nil)
		p.Go("#/templates/new")
		p.Heading("Download import template")
		p.Press("Prepare the template")
		p.See("is ready; its download has started")
		made, _, err := s.Jobs.Templates(t.Context(), "aurora", 1, "")
		if err != nil || len(made) != 1 || fmt.Sprint(made[0].Fields) != "[authorisation:EMAIL]" && fmt.Sprint(made[0].Fields) != "[EMAIL]" {
			t.Errorf("%v: %+v", err, made)
		}
	})
	t.Run("who goes on at once", func(t *testing.T) {
		p := open(t)
		p.Eval(`new MutationObserver((_, o) => {
			if (document.querySelector('h1')?.innerText !== 'Contacts') return;
			o.disconnect();
			// Word of it comes late, as it does on a busy machine.
			history.pushState(null, '', '#/values');
			setTimeout(() => window.dispatchEvent(new Event('hashchange')), 300);
		}).observe(document.body, { subtree: true, childList: true, characterData: true });
		location.hash = '#/contacts'`, nil)
		p.Heading("Access criterion values")
		p.See("Favourite genre")
	})
	t.Run("a catalogue of before", func(t *testing.T) {
		p := open(t)
		p.Press("Catalogue")
		p.See("Favourite genre")
		genre := func() domain.FieldDef {
			cat, err := s.Catalogue.Catalogue(t.Context(), "aurora")
			if err != nil {
				t.Fatal(err)
			}
			d, _ := cat.Lookup("criterion:GENRE")
			return d
		}
		d := genre()
		d.Label = "Genre of the heart"
		if err := s.Catalogue.PutField(t.Context(), "aurora", d); err != nil {
			t.Fatal(err)
		}
		p.Upload("values.csv", []byte("field code,kind,value code,value label\nGENRE,choice,ROCK,Rock and roll\n"))
		p.See("Rock → Rock and roll")
		p.Press("Apply 1 change")
		p.See("1 change applied")
		if got := genre(); got.Label != d.Label {
			t.Errorf("the label is %q", got.Label)
		}

		// The tag of what would be changed is waited for.
		p.Eval(`window.past = fetch; window.fetch = (path, init) => path === "/api/criteria/GENRE" && init.method === "GET" ? new Promise(() => {}) : past(path, init); true`, nil)
		p.Upload("values.csv", []byte("field code,kind,value code,value label\nGENRE,choice,ROCK,Rock music\n"))
		p.See("Rock and roll → Rock music")
		p.Until(`[...document.querySelectorAll("dialog button")].find((b) => b.textContent === "Apply 1 change").disabled`)
		p.Eval(`window.fetch = past; true`, nil)
		p.Press("Close")

		// Nor does a new one take the place of one that is there.
		p.Press("New criterion")
		p.Fill("Code", "NOTE")
		p.Fill("Label", "Another note")
		p.Press("Save")
		p.See("This code is that of Note. Choose another one.")
		p.FocusIs("text Code")
	})
}

// Decisions that are tested while they are still being kept are not left with the
// import that they were about.
func TestDecisionsThatAreTestedAreNotKept(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{Contacts: 600})
	file, _, _ := spoilt(t, s)
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.Press("New")
	p.Upload("spring.csv", file)
	p.SeeIn(".recognised", "Recognised from the file: Criteria")
	p.Press("Test the file")
	p.See("28 rows cannot go in as they are")
	p.Eval(`window.dropped = []; window.past = fetch; window.fetch = async (path, init) => {
			const r = await past(path, init);
			if (/draft$/.test(path) && init.method === "PUT") await new Promise((go) => { window.come = go; });
			if (/draft$/.test(path) && init.method === "DELETE") dropped.push(r.status);
			return r;
		}; true`, nil)
	p.Press("Take all 3 suggestions")
	p.Until(`window.come`)
	p.Press("Test again")
	p.See("3 corrections are part of this test")
	p.Eval(`come(); true`, nil)
	p.Until(`dropped.length === 1`)
	var status []int
	if p.Eval(`dropped`, &status); status[0] != 204 {
		t.Errorf("the decisions are kept: %d", status[0])
	}
}

// A list goes on to show what is new after it was paged through.
func TestAListGoesOnAskingAfterPaging(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	for n := range 51 {
		i := domain.Import{ID: fmt.Sprintf("0198f3a2-b7c4-7d5e-9a1b-%012d", n), Institution: "aurora", FileName: fmt.Sprintf("list-%02d.csv", n), DataType: domain.Criteria, Action: domain.Test, Status: domain.Done,
			CreatedBy: "operator@aurora.example", CreatedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}
		if _, _, err := s.Jobs.CreateImport(t.Context(), i, domain.Once{}, ""); err != nil {
			t.Fatal(err)
		}
	}
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.See("list-50.csv")
	p.Press("Next")
	p.See("list-00.csv")
	p.Eval(`window.waits = []; const past = setTimeout; window.setTimeout = (f, ms, ...more) => { waits.push(ms); return past(f, ms, ...more); }; true`, nil)
	p.Press("Previous")
	p.See("list-50.csv")
	// At once, and not when the question that was put off before would have come.
	var asks bool
	if p.Eval(`waits.some((ms) => ms >= 18000 && ms <= 22000)`, &asks); !asks {
		t.Error("the first page is asked for no more")
	}
}

// A catalogue without fields says so, and not that a search found nothing.
func TestACatalogueWithoutFields(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.Eval(`const past = fetch; window.fetch = (path, init) => /\/api\/(criteria|authorisations)/.test(path) ? Promise.resolve(new Response('{"items":[]}')) : past(path, init); true`, nil)
	p.Go("#/values")
	p.See("No criteria yet")
}
