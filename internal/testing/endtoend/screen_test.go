package endtoend_test

import (
	"testing"

	"rollbook/internal/testing/browser"
)

// The whole job in a browser, signed in at the user pool's own page, at both
// institutions.
func TestWholeJobInTheScreen(t *testing.T) {
	b := browser.New(t)
	for _, x := range []struct {
		institution, target string
		separator           rune
	}{{"aurora", "Subscribers", ','}, {"borealis", "Tous les contacts", ';'}} {
		t.Run(x.institution, func(t *testing.T) {
			for _, u := range stack.Users {
				if u.Institution == x.institution && u.Groups[0] == "operator" {
					browser.Job{URL: stack.URL, User: u.Email, Password: u.Password, Target: x.target, Separator: x.separator}.Run(t, b.Page(browser.Options{}))
				}
			}
		})
	}
}
