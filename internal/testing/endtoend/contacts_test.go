package endtoend_test

import (
	"net/http"
	"strings"
	"testing"

	"rollbook/internal/domain"
)

// A list from another system: contacts are created with their criteria and
// authorisations, those that are there are updated, and the undo takes back
// exactly what it did.
func TestContacts(t *testing.T) {
	c := as(t, "operator@borealis.example")
	c.call(http.StatusCreated, "PUT", "/api/contacts/0770001", map[string]any{"email": "hier@exemple.example", "lastName": "Déjà", "city": "Sion"}, nil)
	file := strings.Join([]string{
		"Email;Last name;First name;Birth date;Phone;Country;City;[new] GENRE;[new] EMAIL",
		"nouvelle@exemple.example;Müller;Zoé;12.04.1985;022 700 00 01;Suisse;Genève;jazz;oui",
		"hier@exemple.example;;;;;;Lausanne;;",
		"faux@;Faux;F;;;;;;",
	}, "\r\n")
	test := c.run(domain.Contacts, domain.Test, []byte(file))
	want := domain.Counts{Rows: 3, Created: 1, Updated: 1, Rejected: 1}
	if test.Status != domain.Done || test.Counts != want {
		t.Fatalf("%s %+v %+v %+v", test.Status, test.Counts, test.Problem, test.Problems)
	}
	update := c.follow(test.ID, "update")
	if update.Counts != want {
		t.Fatalf("%s %+v %+v", update.Status, update.Counts, update.Problems)
	}
	var found struct {
		Items []struct {
			Number, Phone, Country, BirthDate string
			Criteria, Authorisations          map[string]any
		}
	}
	c.call(http.StatusOK, "GET", "/api/contacts?q=nouvelle@exemple.example", nil, &found)
	if len(found.Items) != 1 {
		t.Fatalf("%d contacts have the address", len(found.Items))
	}
	if p := found.Items[0]; p.Phone != "+41227000001" || p.Country != "CH" || p.BirthDate != "1985-04-12" || p.Criteria["GENRE"] != "JAZZ" || p.Authorisations["EMAIL"] != true {
		t.Errorf("%+v", p)
	}
	var history struct {
		Items []struct{ Field, From, To, Import string }
	}
	c.call(http.StatusOK, "GET", "/api/contacts/0770001/history", nil, &history)
	if len(history.Items) == 0 || history.Items[0].Field != "contact:city" || history.Items[0].From != "Sion" || history.Items[0].To != "Lausanne" || history.Items[0].Import != update.ID {
		t.Errorf("%+v", history.Items)
	}
	undo := c.follow(update.ID, "undo")
	if want := (domain.Counts{Rows: 2, Updated: 2}); undo.Counts != want {
		t.Errorf("undo: %s %+v %+v", undo.Status, undo.Counts, undo.Problems)
	}
	if a := c.do("GET", "/api/contacts/"+found.Items[0].Number, nil); a.status != http.StatusNotFound {
		t.Errorf("the created contact is still there: %d", a.status)
	}
	var back struct{ City string }
	c.call(http.StatusOK, "GET", "/api/contacts/0770001", nil, &back)
	if back.City != "Sion" {
		t.Errorf("city is %q", back.City)
	}
	// The number is not given to anybody else, by hand or by file.
	c.call(http.StatusConflict, "PUT", "/api/contacts/"+found.Items[0].Number, map[string]any{"lastName": "Autre"}, nil)
}
