package plan_test

import (
	"slices"
	"strings"
	"testing"

	"rollbook/internal/domain"
)

// A column that is only called like the contact number is none where the contacts say
// that its numbers are another system's: it would change strangers, or make a second
// contact of each.
func TestNumbersOfAnotherSystem(t *testing.T) {
	const head = "Kundennr.;Vorname;Nachname;E-Mail"
	rows := func(rows ...string) string { return head + "\n" + strings.Join(rows, "\n") + "\n" }
	for _, x := range []struct {
		name, file string
		change     func(*domain.Import)
		left       bool
	}{
		{"those who have them are other people", rows("0001;Ida;Berg;ida@list.example", "0002;Jon;Dahl;jon@list.example", "0003;Kim;Falk;kim@list.example"), nil, true},
		{"the people have other numbers", rows("90001;Ada;Abel;ada@house.example", "90002;Ben;Boll;BEN@house.example", "90003;Cleo;Cron;cleo@house.example"), nil, true},
		{"a few only", rows("90001;Ada;Abel;ada@house.example", "90002;Ben;Boll;ben@house.example", "90004;Kim;Falk;kim@list.example"), nil, false},
		{"ours", rows("0001;Ada;Abel;ada@house.example", "0002;Ben;Boll;ben@house.example", "0003;Cleo;Cron;cleo@house.example"), nil, false},
		{"ours without their zeros", rows("1;Ada;Abel;ada@house.example", "2;Ben;Boll;ben@house.example", "3;Cleo;Cron;cleo@house.example"), nil, false},
		{"ours with new addresses", rows("0001;Ada;Abel;ada@list.example", "0002;Ben;Boll;ben@list.example", "0003;Cleo;Cron;cleo@list.example"), nil, false},
		{"ours with new names", rows("0001;Ada;Neu;ada@house.example", "0002;Ben;Neu;ben@house.example", "0003;Cleo;Neu;cleo@house.example"), nil, false},
		{"nobody knows them", rows("90001;Ida;Berg;ida@list.example", "90002;Jon;Dahl;jon@list.example", "90003;Kim;Falk;kim@list.example"), nil, false},
		{"our own name", strings.Replace(rows("90001;Ada;Abel;ada@house.example", "90002;Ben;Boll;ben@house.example", "90003;Cleo;Cron;cleo@house.example"), "Kundennr.", "Contact", 1), nil, false},
		{"the user says so", rows("90001;Ada;Abel;ada@house.example", "90002;Ben;Boll;ben@house.example", "90003;Cleo;Cron;cleo@house.example"),
			func(i *domain.Import) { i.Columns = map[string]string{"Kundennr.": "Contact"} }, false},
		{"an update after a test that found them ours", rows("90001;Ada;Abel;ada@house.example", "90002;Ben;Boll;ben@house.example", "90003;Cleo;Cron;cleo@house.example"),
			func(i *domain.Import) { i.OfKind = domain.UpdateOf }, false},
		{"an update after a test that found them another's", rows("90001;Ida;Berg;ida@list.example", "90002;Jon;Dahl;jon@list.example"),
			func(i *domain.Import) { i.OfKind, i.Learnt.Elsewhere = domain.UpdateOf, true }, true},
	} {
		t.Run(x.name, func(t *testing.T) {
			d := newDesk(t)
			for i, n := range []string{"Ada Abel", "Ben Boll", "Cleo Cron"} {
				first, last, _ := strings.Cut(n, " ")
				d.contact(t, domain.ContactNumber("000"+string(rune('1'+i))), string(domain.ContactFirstName), first, string(domain.ContactLastName), last, string(domain.ContactEmail), strings.ToLower(first)+"@house.example")
			}
			change := x.change
			if change == nil {
				change = func(*domain.Import) {}
			}
			p := d.plan(t, domain.Contacts, x.file, change)
			if p.Problem != nil {
				t.Fatal(p.Problem)
			}
			said := slices.ContainsFunc(p.Warnings, func(w domain.Warning) bool { return w.Code == "numbersElsewhere" })
			left := p.Headers[0].By == domain.ByLeftOut && slices.Equal(p.Headers[0].Suggestions, []string{"Contact"})
			named := slices.ContainsFunc(p.Warnings, func(w domain.Warning) bool { return w.Code == "columnsLeftOut" || w.Code == "columnsSpare" })
			if said != x.left || left != x.left || named {
				t.Errorf("said: %v, left out: %v: %+v %+v", said, left, p.Headers[0], p.Warnings)
			}
			i, err := d.jobs.Import(t.Context(), house, id)
			if err != nil || i.Learnt.Elsewhere != x.left {
				t.Errorf("%+v %v", i.Learnt, err)
			}
		})
	}
}
