package screen_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
)

// spoilt is a file of 500 rows that somebody filled in by hand: three genres are
// written wrongly in 16 rows, 12 days are none, and 40 contacts got another genre
// since. It returns what every contact has, and how many the
// corrected file changes.
func spoilt(t *testing.T, s *dev.Stack) (file []byte, before map[domain.ContactNumber][2]domain.Value, changes int) {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("Contact,[old] GENRE,[new] GENRE,[old] LAST_VISIT,[new] LAST_VISIT\r\n")
	before = map[domain.ContactNumber][2]domain.Value{}
	n := 0
	for c, err := range s.Contacts.All(t.Context(), "aurora") {
		if err != nil {
			t.Fatal(err)
		}
		if n == 500 {
			break
		}
		old := c.Get("criterion:GENRE")
		genre, visit := "JAZZ", ""
		if old == "JAZZ" {
			genre = "ROCK"
		}
		switch {
		case n < 8:
			genre = "Jazzz"
		case n < 13:
			genre = "Oprea"
		case n < 16:
			genre = "dansce"
		case n >= 200 && n < 212:
			visit = fmt.Sprintf("2025-13-%02d", n-199)
		case n >= 100 && n < 140:
			c.Fields["criterion:GENRE"] = "FOLK"
			if old == "FOLK" {
				c.Fields["criterion:GENRE"] = "OPERA"
			}
			if _, err := s.Contacts.Put(t.Context(), "aurora", c, domain.Provenance{By: "colleague"}); err != nil {
				t.Fatal(err)
			}
		}
		fmt.Fprintf(&b, "#%s,%s,%s,%s,%s\r\n", c.Number, old, genre, c.Get("criterion:LAST_VISIT"), visit)
		meant, misspelt := map[string]string{"Jazzz": "JAZZ", "Oprea": "OPERA", "dansce": "DANCE"}[genre]
		if !misspelt {
			meant = genre
		}
		if domain.Value(meant) != old {
			changes++
		}
		before[c.Number] = [2]domain.Value{c.Get("criterion:GENRE"), c.Get("criterion:LAST_VISIT")}
		n++
	}
	return b.Bytes(), before, changes
}

// picture keeps the page as it is, where PICTURES names a directory.
func picture(t *testing.T, p *browser.Page, name string) {
	t.Helper()
	if dir := os.Getenv("PICTURES"); dir != "" {
		for _, width := range []int64{320, 1280, 2560} {
			p.Look(width, 900, false)
			if err := os.WriteFile(fmt.Sprintf("%s/%s-%d.png", dir, name, width), p.Picture(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		p.Look(1280, 900, false)
	}
}

// A file with three wrong values, 40 conflicts and 12 bad cells goes from its upload
// to a done update on the page, without a download.
func TestMendByMouse(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{Contacts: 600})
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	file, before, changes := spoilt(t, s)
	presses := 0
	press := func(name string) { t.Helper(); presses++; p.Press(name) }
	axe := func() {
		t.Helper()
		for _, v := range p.Axe() {
			t.Error(v)
		}
	}
	press("New")
	p.Upload("spring.csv", file)
	p.SeeIn(".recognised", "Recognised from the file: Criteria")
	press("Test the file")
	p.See("28 rows cannot go in as they are")
	p.See("40 rows conflict with what is stored")
	p.See("Replace by Jazz in 8 rows")
	picture(t, p, "mend")
	axe()
	first := newest(t, s)
	press("Take all 3 suggestions")
	p.See("3 corrections, not tested yet")
	presses++
	p.PressIn("All conflicts", "Take ours")
	p.See("4 corrections, not tested yet")
	// What is typed is checked at once, and the next input has the focus then.
	presses++
	p.Fill("New value for 2025-13-01", "2025-02-30")
	p.See("Write a day of the calendar")
	for n := range 12 {
		if n == 0 {
			p.Fill("New value for 2025-13-01", "")
			p.Fill("New value for 2025-13-01", "2025-03-01")
		} else {
			p.FocusIs(fmt.Sprintf("text New value for 2025-13-%02d", n+1))
			p.Keys(fmt.Sprintf("2025-03-%02d", n+1))
		}
		p.Keys(kb.Enter)
		p.See(fmt.Sprintf("%d corrections, not tested yet", n+5))
	}
	// They are there when the page is opened again.
	p.Open("about:blank")
	p.Open(s.URL + "/#/imports/" + first.ID)
	p.See("16 corrections, not tested yet")
	picture(t, p, "mend-decided")
	axe()
	press("Test again")
	p.See(fmt.Sprintf("%d contacts would be changed.", changes))
	p.See("16 corrections are part of this test")
	picture(t, p, "mend-tested")
	axe()
	press("Update now with this file")
	p.See(fmt.Sprintf("Change %d contacts?", changes))
	p.See(fmt.Sprintf("Most changes are in Favourite genre: %d contacts.", changes))
	axe()
	press("Update now with this file")
	p.See(fmt.Sprintf("%d contacts have been changed", changes))
	if presses > 12 {
		t.Errorf("%d presses", presses)
	}
	done := newest(t, s)

	// The same corrections, as a program would give them, make the same file.
	list := []domain.Correction{{Conflicts: domain.Mine}}
	value := func(column, from, to string) {
		list = append(list, domain.Correction{Column: column, From: &from, To: &to})
	}
	value("[new] GENRE", "dansce", "DANCE")
	value("[new] GENRE", "Jazzz", "JAZZ")
	value("[new] GENRE", "Oprea", "OPERA")
	for n := range 12 {
		to := fmt.Sprintf("2025-03-%02d", n+1)
		list = append(list, domain.Correction{Line: 202 + n, Column: "[new] LAST_VISIT", To: &to})
	}
	b, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	key := flow.CorrectionsKey("aurora", "by-hand")
	if _, err := s.Files.Put(t.Context(), key, bytes.NewReader(b), ""); err != nil {
		t.Fatal(err)
	}
	other, err := s.Import(t.Context(), domain.Import{Institution: "aurora", FileName: "spring.csv", DataType: domain.Criteria, Action: domain.Test, CreatedBy: "operator@aurora.example",
		Recipe: domain.Recipe{Corrections: &domain.Corrections{Key: key, Count: len(list), Tests: []string{first.AccountID()}}}}, file)
	if err != nil {
		t.Fatal(err)
	}
	read := func(i domain.Import) string {
		t.Helper()
		b, err := s.File(t.Context(), "aurora", i.ID, "corrected")
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	got := read(done)
	if d := cmp.Diff(strings.Split(read(other), "\r\n"), strings.Split(got, "\r\n")); d != "" {
		t.Errorf("the page and the program correct the file otherwise:\n%s", d)
	}
	if strings.Count(got, "\r\n") != 501 || strings.Contains(got, "Jazzz") {
		t.Errorf("corrected:\n%.2000s", got)
	}

	p.Press("Undo this update")
	p.Press("Undo now")
	p.See(fmt.Sprintf("%d contacts have their earlier values back", changes))
	for n, want := range before {
		c, err := s.Contacts.Get(t.Context(), "aurora", n)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]domain.Value{c.Get("criterion:GENRE"), c.Get("criterion:LAST_VISIT")}; got != want {
			t.Errorf("after the undo %s has %v, had %v", n, got, want)
		}
	}
}

// The same without a mouse, in the rows: arrow keys, typing, paste.
func TestMendByKeyboard(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{Contacts: 600})
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	file, _, changes := spoilt(t, s)
	presses := 0
	press := func(name string) {
		t.Helper()
		presses++
		for range 400 {
			p.Keys(kb.Tab)
			if _, found, _ := strings.Cut(p.Focus(), " "); found == name {
				p.Keys(kb.Enter)
				return
			}
		}
		t.Fatalf("the keyboard does not get to %q", name)
	}
	press("New")
	p.Heading("New import")
	p.Upload("spring.csv", file)
	p.SeeIn(".recognised", "Recognised from the file: Criteria")
	press("Test the file")
	p.See("28 rows cannot go in as they are")
	press("Take all 3 suggestions")
	p.See("3 corrections, not tested yet")
	press("By row")
	p.See("Arrow keys move")
	p.SeeIn("[role=grid]", "2025-13-01")
	// One stop for the whole table: its first wrong cell that nothing was decided of.
	for range 100 {
		p.Keys(kb.Tab)
		if strings.HasPrefix(p.Focus(), "gridcell 2025-13-01") {
			break
		}
	}
	p.Keys(kb.ArrowLeft, kb.ArrowRight, kb.ArrowDown, kb.ArrowUp)
	if got := p.Focus(); !strings.HasPrefix(got, "gridcell 2025-13-01") {
		t.Fatalf("the focus is on %q", got)
	}
	p.Keys("2", kb.Escape)
	p.SeeIn("[role=grid]", "2025-13-01")
	for n := range 4 {
		p.Keys(fmt.Sprintf("2025-03-%02d", n+1), kb.Enter)
	}
	p.See("7 corrections, not tested yet")
	picture(t, p, "mend-grid")
	for _, v := range p.Axe() {
		t.Error(v)
	}
	if got := p.Focus(); !strings.HasPrefix(got, "gridcell 2025-13-05") {
		t.Fatalf("the focus is on %q", got)
	}
	var cells []string
	for n := 5; n <= 12; n++ {
		cells = append(cells, fmt.Sprintf("2025-03-%02d", n))
	}
	p.Eval(`(() => {
		const d = new DataTransfer();
		d.setData('text/plain', `+"`"+strings.Join(cells, "\n")+"\n`"+`);
		document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: d, bubbles: true, cancelable: true }));
	})()`, nil)
	p.See("8 cells pasted.")
	p.See("15 corrections, not tested yet")
	press("Take ours") // the first one is of all conflicts
	p.See("16 corrections, not tested yet")
	press("Test again")
	p.See(fmt.Sprintf("%d contacts would be changed.", changes))
	press("Update now with this file")
	p.See(fmt.Sprintf("Change %d contacts?", changes))
	press("Update now with this file")
	p.See(fmt.Sprintf("%d contacts have been changed", changes))
	if presses > 12 {
		t.Errorf("%d presses", presses)
	}
}

// Values that mean the same are one, rows are left out, decisions are taken back,
// sides are chosen row by row, and whoever would change can be looked at.
func TestMendPieces(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	var b bytes.Buffer
	b.WriteString("Contact,[old] GENRE,[new] GENRE,[new] SPENT\r\n")
	var ns []domain.ContactNumber
	for c, err := range s.Contacts.All(t.Context(), "aurora") {
		if err != nil {
			t.Fatal(err)
		}
		if len(ns) == 60 {
			break
		}
		n := len(ns)
		genre, spent := []string{"Jaz", "jaz.", "JAZZZ", "Jaz"}[n%4], ""
		if n >= 40 {
			genre, spent = "", fmt.Sprint(n)
		}
		if n == 45 {
			spent = "many"
		}
		if n == 50 || n == 51 {
			genre = "JAZZ"
			fmt.Fprintf(&b, "#%s,%s,%s,\r\n", c.Number, "CLASSICAL", genre)
			c.Fields["criterion:GENRE"] = "FOLK"
			if _, err := s.Contacts.Put(t.Context(), "aurora", c, domain.Provenance{By: "colleague"}); err != nil {
				t.Fatal(err)
			}
		} else {
			fmt.Fprintf(&b, "#%s,%s,%s,%s\r\n", c.Number, c.Get("criterion:GENRE"), genre, spent)
		}
		ns = append(ns, c.Number)
	}
	p.Press("New")
	p.Upload("pieces.csv", b.Bytes())
	p.SeeIn(".recognised", "Recognised")
	p.Press("Test the file")
	p.See("41 rows cannot go in as they are")
	p.See("These seem to mean Jazz.")
	p.See("Replace by Jazz in 40 rows")
	p.Check("JAZZZ")
	p.See("Replace by Jazz in 30 rows")
	p.Check("JAZZZ")
	p.Press("Replace by Jazz in 40 rows")
	p.See("3 corrections, not tested yet")
	p.PressIn("jaz.", "Take back")
	p.Gone("not tested yet")
	p.Press("Replace by Jazz in 40 rows")
	p.PressIn("many", "Leave out this row")
	p.See("4 corrections, not tested yet")
	// One row ours, the other theirs.
	p.PressIn("Contact #"+string(ns[50]), "Take ours")
	p.PressIn("Contact #"+string(ns[51]), "Keep theirs")
	p.See("6 corrections, not tested yet")
	p.Press("Show all 6 corrections")
	p.See("[new] GENRE: jaz. → JAZZ")
	p.SeeIn(".corrections-list", "Keep theirs: line 53")
	for _, v := range p.Axe() {
		t.Error(v)
	}
	p.Press("Test again")
	p.See("6 corrections are part of this test")
	p.Gone("cannot go in as they are")
	i := newest(t, s)
	if i.Counts.Rejected != 0 || i.Counts.Conflicted != 0 {
		t.Errorf("%+v", i.Counts)
	}
	// Who would change, with the value before and after.
	p.SeeIn(".example", "The first of them")
	var beside int // names that stand on the line of their numbers
	p.Eval(`[...document.querySelectorAll('.who-table tbody .block')].filter((e) => getComputedStyle(e).display !== 'block').length`, &beside)
	if beside > 0 {
		t.Errorf("%d names stand beside their numbers", beside)
	}
	p.Press("See all")
	p.SeeIn("dialog", "#"+string(ns[1]))
	p.Fill("Search by number, name or value", string(ns[44]))
	p.SeeIn("dialog tbody tr:only-child", "#"+string(ns[44]))
	p.Press("Close")
	p.Press("5: see who, empty → (a number)")
	p.SeeIn("dialog", "Spent this season: empty → (a number)")
	p.SeeIn("dialog tbody tr:nth-child(5)", "empty")
	picture(t, p, "mend-who")
	for _, v := range p.Axe() {
		t.Error(v)
	}
	p.Press("Close")
	// A correction of before is taken back by another test.
	p.Press("Show all 6 corrections")
	p.Press("Take back: Line 47 left out")
	p.See("1 correction, not tested yet")
	p.Press("Update now with this file")
	p.SeeIn("dialog", "Your corrections have not been tested yet")
	p.Press("Cancel")
	p.Press("Test again")
	p.See("1 row cannot go in as it is")
	p.See("is not a number")
	p.Press("Update now with this file")
	p.SeeIn("dialog", "Not compared: Spent this season.")
}

// Sides are chosen for a row, for all of a field and for all: each leaves the
// conflicts that it is not about as they are.
func TestSidesByRowFieldAndAll(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	b := browser.New(t)
	var all []domain.Contact
	for c, err := range s.Contacts.All(t.Context(), "aurora") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	for k, way := range []string{"mouse", "keyboard"} {
		t.Run(way, func(t *testing.T) {
			p := b.Page(browser.Options{})
			signedIn(s, p, "operator@aurora.example")
			press := func(group, name string) {
				t.Helper()
				if way == "mouse" {
					if group == "" {
						p.Press(name)
					} else {
						p.PressIn(group, name)
					}
					return
				}
				for range 200 {
					p.Keys(kb.Tab)
					var within string
					p.Eval("document.activeElement.closest('[role=group]')?.ariaLabel || ''", &within)
					if _, found, _ := strings.Cut(p.Focus(), " "); found == name && (group == "" || within == group) {
						p.Keys(kb.Enter)
						return
					}
				}
				t.Fatalf("the keyboard does not get to %q of %q", name, group)
			}
			// Three contacts are in conflict in both fields, and one in each of them alone.
			var file bytes.Buffer
			file.WriteString("Contact,[old] GENRE,[new] GENRE,[old] SEGMENT,[new] SEGMENT\r\n")
			of := all[5*k : 5*k+5]
			for n, c := range of {
				c.Fields["criterion:GENRE"], c.Fields["criterion:SEGMENT"] = "FOLK", "PRESS"
				if _, err := s.Contacts.Put(t.Context(), "aurora", c, domain.Provenance{By: "colleague"}); err != nil {
					t.Fatal(err)
				}
				genre, segment := "OPERA,JAZZ", "LAPSED,PATRON"
				if n == 3 {
					segment = ","
				}
				if n == 4 {
					genre = ","
				}
				fmt.Fprintf(&file, "#%s,%s,%s\r\n", c.Number, genre, segment)
			}
			p.Press("New")
			p.Upload("sides.csv", file.Bytes())
			p.SeeIn(".recognised", "Recognised")
			p.Press("Test the file")
			p.See("5 rows conflict with what is stored")
			press("Favourite genre", "Take ours")
			p.See("1 correction, not tested yet")
			press("Line 2, [new] SEGMENT", "Keep theirs")
			p.See("2 corrections, not tested yet")
			press("", "Test again")
			p.See("2 corrections are part of this test")
			p.See("3 rows conflict with what is stored")
			if got := newest(t, s).Counts; got.Conflicted != 3 || got.Updated != 2 {
				t.Errorf("after the first choice: %+v", got)
			}
			press("All conflicts", "Keep theirs")
			p.See("1 correction, not tested yet")
			press("", "Test again")
			p.See("4 contacts would be changed.")
			press("", "Update now with this file")
			p.See("Change 4 contacts?")
			press("", "Update now with this file")
			p.See("4 contacts have been changed")
			for n, c := range of {
				want := [2]domain.Value{"JAZZ", "PRESS"}
				if n == 4 {
					want[0] = "FOLK"
				}
				got, err := s.Contacts.Get(t.Context(), "aurora", c.Number)
				if err != nil {
					t.Fatal(err)
				}
				if have := [2]domain.Value{got.Get("criterion:GENRE"), got.Get("criterion:SEGMENT")}; have != want {
					t.Errorf("row %d has %v, want %v", n, have, want)
				}
			}
		})
	}
}

// The same job in every language, by mouse and by keyboard alone: from the file to
// a done update in at most 12 presses besides typing, and all of it undone.
func TestMendInEveryLanguage(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{Contacts: 600})
	b := browser.New(t)
	for _, x := range []struct{ lang, browser string }{{"en", "en-GB"}, {"de", "de-AT"}, {"fr", "fr-CH"}, {"it", "it-IT"}, {"es", "es-ES"}} {
		texts := words(t, x.lang)
		say := func(key string, n int, params ...string) string {
			t.Helper()
			text := texts[key][""]
			if text == "" {
				text = texts[key]["other"]
			}
			if text == "" {
				t.Fatalf("%s has no %s", x.lang, key)
			}
			return strings.NewReplacer(append(params, "{n}", fmt.Sprint(n))...).Replace(text)
		}
		for _, keyboard := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, keyboard %t", x.lang, keyboard), func(t *testing.T) {
				p := b.Page(browser.Options{Language: x.browser})
				p.Open(s.URL)
				p.Press(say("landing.signIn", 0))
				p.SignIn("operator@aurora.example", dev.Password)
				p.Heading(say("imports.title", 0))
				file, before, changes := spoilt(t, s)
				presses := 0
				// As far as it takes: a page has a control for each conflict.
				tab := func(name string) {
					t.Helper()
					for range 400 {
						p.Keys(kb.Tab)
						if _, found, _ := strings.Cut(p.Focus(), " "); strings.HasPrefix(found, name) {
							return
						}
					}
					t.Fatalf("the keyboard does not get to %q", name)
				}
				press := func(name string) {
					t.Helper()
					presses++
					if !keyboard {
						p.Press(name)
						return
					}
					tab(name)
					p.Keys(kb.Enter)
				}
				press(say("new", 0))
				p.Heading(say("new.title", 0))
				p.Upload("spring.csv", file)
				p.Until(`document.querySelector('.recognised')`)
				press(say("new.start.test", 0))
				p.See(say("mend.wrong", 28))
				press(say("mend.takeAll", 3))
				p.See(say("mend.waiting", 3))
				if keyboard {
					press(say("mend.byRow", 0))
					p.SeeIn("[role=grid]", "2025-13-01")
					tab("2025-13-01")
					for n := range 12 {
						p.Keys(fmt.Sprintf("2025-03-%02d", n+1), kb.Enter)
					}
				} else {
					for n := range 12 {
						p.Fill(say("mend.choose", 0, "{value}", fmt.Sprintf("2025-13-%02d", n+1)), fmt.Sprintf("2025-03-%02d", n+1))
						p.Keys(kb.Enter)
					}
				}
				p.See(say("mend.waiting", 15))
				press(say("mend.ours", 0)) // the first one is of all conflicts
				p.See(say("mend.waiting", 16))
				for _, v := range p.Axe() {
					t.Error(v)
				}
				press(say("mend.test", 0))
				p.See(say("result.test", changes))
				press(say("result.update", 0))
				p.See(say("update.ask", changes))
				press(say("result.update", 0))
				p.See(say("result.updated", changes))
				if presses > 12 {
					t.Errorf("%d presses", presses)
				}
				press(say("result.undo", 0))
				p.See(say("result.undoTest", changes))
				press(say("result.undo.now", 0))
				p.See(say("result.undone", changes))
				for n, want := range before {
					c, err := s.Contacts.Get(t.Context(), "aurora", n)
					if err != nil {
						t.Fatal(err)
					}
					if got := [2]domain.Value{c.Get("criterion:GENRE"), c.Get("criterion:LAST_VISIT")}; got != want {
						t.Errorf("after the undo %s has %v, had %v", n, got, want)
					}
				}
			})
		}
	}
}
