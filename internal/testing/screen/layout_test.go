package screen_test

import (
	"fmt"
	"testing"

	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
	"rollbook/internal/testing/fonts"
)

// widths are the narrowest of each layout, where it is tightest, and those of large
// displays. In narrow fonts, that take less room everywhere, two are enough.
var widths = map[fonts.Set][]int64{fonts.Wide: {320, 641, 769, 897, 1025, 1121, 1345, 2560}, fonts.Narrow: {320, 1121}}

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
						p.Look(width, 800, false)
						for _, out := range p.SticksOut() {
							t.Errorf("%s at %d: %s", place, width, out)
						}
					}
					p.Look(1280, 900, false)
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
