package importtest_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

func dated(order string) importtest.Option {
	return func(i *domain.Import) { i.DateOrder = order }
}

func inCountry(country string) func(*testing.T, *importtest.World) {
	return func(t *testing.T, w *importtest.World) {
		t.Helper()
		cat, err := w.Catalogue.Catalogue(t.Context(), demo.Aurora)
		if err != nil {
			t.Fatal(err)
		}
		cat.Settings.Country = country
		if err := w.Catalogue.PutSettings(t.Context(), demo.Aurora, cat.Settings); err != nil {
			t.Fatal(err)
		}
	}
}

// 83: the order of day and month is that of the column as a whole, else of the
// country, else nobody's; the import says which and why.
func TestInput83(t *testing.T) {
	for _, c := range []struct {
		name    string
		days    []string
		country string   // GB if not said
		order   string   // the recipe's
		want    []string // "" for a rejected one
		says    string
	}{
		{name: "83 a day above 12", days: []string{"03/04/1985", "25/12/1985"}, country: "US", want: []string{"1985-04-03", "1985-12-25"}, says: "day first: \"25/12/1985\" in line 3"},
		{name: "83 a month above 12", days: []string{"03/04/1985", "12/25/1985"}, want: []string{"1985-03-04", "1985-12-25"}, says: "month first: \"12/25/1985\" in line 3"},
		{name: "83 with hyphens and single digits", days: []string{"3-4-1985", "12-25-1985"}, want: []string{"1985-03-04", "1985-12-25"}, says: "month first"},
		{name: "83 all below 13, by country", days: []string{"03/04/1985", "05/06/1985"}, want: []string{"1985-04-03", "1985-06-05"}, says: "usual in the institution's country (United Kingdom): \"03/04/1985\" as 3 April 1985"},
		{name: "83 all below 13, in America", days: []string{"03/04/1985"}, country: "US", want: []string{"1985-03-04"}, says: "month first, as is usual in the institution's country (United States)"},
		{name: "83 all below 13, nobody knows", days: []string{"03/04/1985", "05/05/1985"}, country: "CA", want: []string{"", "1985-05-05"}},
		{name: "83 by the recipe", days: []string{"03/04/1985"}, order: "mdy", want: []string{"1985-03-04"}},
		{name: "83 against the recipe", days: []string{"03/04/1985", "25/12/1985"}, order: "mdy", want: []string{"1985-03-04", ""}},
		{name: "83 contradictory", days: []string{"03/04/1985", "25/12/1985", "12/25/1985", "07/07/1985"}, want: []string{"", "1985-12-25", "", "1985-07-07"}, says: "lines 3), others the month (lines 4)"},
		{name: "84 months by name", days: []string{"12 April 1985", "12-Apr-1985", "12 avril 1985", "12. Apr. 1985", "12 aprile 1985", "12 de abril de 1985"}, want: slices.Repeat([]string{"1985-04-12"}, 6)},
		{name: "84 two digits for the year", days: []string{"12-Apr-85", "25/12/85"}, want: []string{"", ""}},
		{name: "85 no days", days: []string{"0000-00-00", "1900-01-00", "1985"}, want: []string{"", "", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := fixture(t)
			if c.country != "" {
				inCountry(c.country)(t, w)
			}
			var file strings.Builder
			file.WriteString("Contact,Birth date\n")
			rejected := 0
			for i, d := range c.days {
				fmt.Fprintf(&file, "#%07d,%s\n", i+1, d)
				if c.want[i] == "" {
					rejected++
				}
			}
			whole(t, w, domain.Contacts, file.String(), func(test, _ domain.Import) {
				if want := (domain.Counts{Rows: len(c.days), Updated: len(c.days) - rejected, Rejected: rejected}); test.Counts != want {
					t.Fatalf("%+v %+v %v", test.Counts, test.Problem, problems(test))
				}
				var said []string
				for _, x := range test.Warnings {
					said = append(said, x.Message("en"))
				}
				if all := strings.Join(said, "\n"); !strings.Contains(all, c.says) || c.says == "" && strings.Contains(all, "first") {
					t.Errorf("says %q, want %q", all, c.says)
				}
				for i, want := range c.want {
					if got := w.Value(t, demo.Aurora, domain.ContactNumber(fmt.Sprintf("%07d", i+1)), domain.ContactBirthDate); string(got) != want {
						t.Errorf("%q is %q, want %q", c.days[i], got, want)
					}
				}
			}, dated(c.order))
		})
	}
}

// What a column is taken for does not depend on the order of its rows, nor on
// where the telling one stands: also not for telling persons apart.
func TestDateOrderIsTheColumns(t *testing.T) {
	rows := []string{"Nowak,Ann,03/04/1985,x", "Nowak,Ann,04/03/1985,y", "Nowak,Ann,3.4.1985,z"}
	for i := range 400 {
		rows = append(rows, fmt.Sprintf("Muster%c%c,Max,01/02/1980,w", 'a'+i/20, 'a'+i%20))
	}
	rows = append(rows, "Last,Lea,12/25/1985,v")
	shuffle := rand.New(rand.NewPCG(1, 2))
	for range 3 {
		w := fixture(t)
		imp := w.Import(t, demo.Aurora, domain.Contacts, domain.Test, "Last name,First name,Birth date,[new] NOTE\n"+strings.Join(rows, "\n")+"\n")
		// With the month first the second Ann is the one of 3 April, and the third too.
		if want := (domain.Counts{Rows: 404, Created: 402, Rejected: 2}); imp.Counts != want {
			t.Errorf("%+v %v", imp.Counts, problems(imp))
		}
		shuffle.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
}

// Each column is read by itself, and those of criteria like birth dates.
func TestDateOrderOfCriteria(t *testing.T) {
	w := fixture(t)
	imp := w.Import(t, demo.Aurora, domain.Criteria, domain.Update, "Contact,[old] LAST_VISIT,[new] LAST_VISIT\n#0000001,,03/04/2026\n#0000002,,12/25/2025\n")
	if imp.Counts.Updated != 2 || w.Value(t, demo.Aurora, "0000001", "criterion:LAST_VISIT") != "2026-03-04" {
		t.Errorf("%+v %v", imp.Counts, problems(imp))
	}
}
