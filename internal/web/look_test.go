package web_test

import (
	"os"
	"testing"

	"rollbook/internal/web/dev"
	"rollbook/internal/web/webtest"
)

func TestLook(t *testing.T) {
	if os.Getenv("LOOK") == "" {
		t.Skip()
	}
	s, err := dev.Start(dev.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	b := webtest.New(t)
	p := b.Page(webtest.Options{})
	p.Open(s.URL)
	p.See("Sign in")
	p.Shot("/tmp/look/landing.png")
	p.Press("Sign in")
	p.SignIn("admin@aurora.example", dev.Password)
	p.Heading("Imports")
	p.Shot("/tmp/look/empty.png")
	for _, x := range []string{"new", "templates", "templates/new", "values", "targets", "targets/new", "contacts", "contacts/0000001", "catalogue", "catalogue/criteria/GENRE"} {
		p.Go("#/" + x)
		p.Run(chromedpSleep)
		p.Shot("/tmp/look/" + x + ".png")
		for _, v := range p.Axe() {
			t.Log(x, v)
		}
	}
}
