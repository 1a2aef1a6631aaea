package screen_test

import (
	"fmt"
	"slices"
	"testing"

	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
	"rollbook/internal/testing/fonts"
)

// widths are the narrowest of each layout, where it is tightest, and those of large
// displays. In narrow fonts, that take less room everywhere, two are enough.
var widths = map[fonts.Set][]int64{fonts.Wide: {320, 641, 769, 897, 1025, 1089, 1121, 1345, 2560}, fonts.Narrow: {320, 1121}}

// Nothing sticks out of the page or of its own place, in narrow and in wide
// fonts, in each language, from a small telephone to a large display.
func TestNothingSticksOut(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	imports := sample(t, s)
	number := somebody(t, s)
	targets, _, err := s.Catalogue.Targets(t.Context(), "aurora", 50, "")
	if err != nil {
		t.Fatal(err)
	}
	places := []string{"imports", "new", "templates", "templates/new", "values", "targets", "targets/new", "targets/" + targets[0].ID, "targets/" + targets[0].ID + "/set", "contacts/new",
		"contacts", "contacts/" + string(number), "contacts/" + string(number) + "/edit", "catalogue", "catalogue/criteria/GENRE", "catalogue/criteria/new", "settings", "users", "keys", "webhooks", "audit", "contacts/deleted", "help", "nowhere"}
	for _, name := range []string{"waiting", "running", "rejected", "test", "update"} {
		places = append(places, "imports/"+imports[name].ID)
	}
	places = append(places, "imports/"+imports["columns"].ID, "imports/"+imports["columns"].ID+"/columns")
	for _, set := range []fonts.Set{fonts.Narrow, fonts.Wide} {
		b := browser.NewWith(t, set)
		for _, x := range []struct{ language, signIn string }{
			{"en-GB", "Sign in"}, {"fr-CH", "Se connecter"}, {"de-AT", "Anmelden"}, {"it-IT", "Accedi"}, {"es-ES", "Iniciar sesión"},
		} {
			t.Run(fmt.Sprintf("%s/%s", set, x.language[:2]), func(t *testing.T) {
				p := b.Page(browser.Options{Language: x.language})
				check := func(place string) {
					t.Helper()
					for _, width := range widths[set] {
						p.Resize(width, 800)
						for _, out := range p.SticksOut() {
							t.Errorf("%s at %d: %s", place, width, out)
						}
					}
				}
				p.Open(s.URL)
				p.See(x.signIn)
				check("sign in")
				p.Press(x.signIn)
				p.SignIn("admin@aurora.example", dev.Password)
				p.See("spring-season.csv")
				for _, place := range places {
					p.Go("#/" + place)
					p.Settled()
					p.Eval("document.querySelectorAll('details').forEach((d) => { if (!d.closest('.bar, td')) d.open = true; })", nil)
					check(place)
				}
			})
		}
	}
}

// The numbers of a result stand in rows of one length, and what counts a target
// begins where its words do.
func TestRowsAreEven(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	i := misspelt(t, s, "Xylo")
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.Go("#/imports/" + i.ID)
	p.See("Unprocessed")
	for _, width := range []int64{390, 641, 800, 950, 1088, 1089, 1280} {
		p.Look(width, 900, false)
		var rows []int
		p.Eval(`Object.values(Object.groupBy(document.querySelectorAll('.counts .count:not(.total)'), (e) => e.getBoundingClientRect().top)).map((r) => r.length)`, &rows)
		if len(rows) == 0 || slices.Min(rows) != slices.Max(rows) {
			t.Errorf("at %d, rows of %v", width, rows)
		}
	}
	p.Look(390, 900, false)
	p.Go("#/targets")
	p.Press("Count the contacts")
	p.See("Count again")
	p.See("Count the contacts")
	var lefts []float64
	p.Eval(`[...new Set([...document.querySelectorAll('.target-count > .button')].map((e) => e.getBoundingClientRect().left))]`, &lefts)
	if len(lefts) != 1 {
		t.Errorf("the buttons begin at %v", lefts)
	}
}
