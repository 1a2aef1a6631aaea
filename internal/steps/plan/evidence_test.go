package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/importing/flow"
)

// says is what a test says of a warning.
func says(w domain.Warning) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", w.Column, w.Code, strings.TrimPrefix(fmt.Sprint(w.Params), "map")))
}

// saysOf returns the warnings of the codes, in order.
func saysOf(p *flow.Plan, codes ...string) []string {
	var out []string
	for _, w := range p.Warnings {
		if slices.ContainsFunc(codes, func(c string) bool { return strings.HasPrefix(string(w.Code), c) }) {
			out = append(out, says(w))
		}
	}
	return out
}

// What the days and numbers of a column say of how it is written, and what is told
// of it.
func TestEvidence(t *testing.T) {
	undo := func(i *domain.Import) { i.OfKind = domain.UndoOf }
	for _, c := range []struct {
		name   string
		header string
		cells  []string // of the columns behind the contact, one row each
		imp    func(*domain.Import)
		as     string // order and sign of the columns behind the contact
		says   []string
	}{
		{"one day tells of the others", "[new] BORN", []string{"30/4/1985", "3/4/1985", "4/3/1985"}, nil, "dmy", []string{"[new] BORN dateOrder [line:2 n:2 order:dmy value:30/4/1985]"}},
		{"the first that tells is named", "[new] BORN", []string{"3/4/1985", "30/4/1985", "28/4/1985"}, nil, "dmy", []string{"[new] BORN dateOrder [line:3 n:1 order:dmy value:30/4/1985]"}},
		{"months first", "[new] BORN", []string{"3/4/1985", "4/30/1985", "12/24/1985"}, nil, "mdy", []string{"[new] BORN dateOrder [line:3 n:3 order:mdy value:4/30/1985]"}},
		{"months first, each but one way", "[new] BORN", []string{"4/30/1985"}, nil, "mdy", []string{"[new] BORN dateOrder [line:2 n:1 order:mdy value:4/30/1985]"}},
		{"days first, each but one way", "[new] BORN", []string{"30/4/1985"}, nil, "dmy", nil},
		{"both", "[new] BORN", []string{"3/4/1985", "4/30/1985", "30/4/1985", "28/4/1985"}, nil, "", []string{"[new] BORN dateOrderMixed [days:[4 5] months:[3] n:1]"}},
		{"as is usual in the country", "[new] BORN", []string{"3/4/1985", "5/4/1985"}, nil, "dmy", []string{"[new] BORN dateOrder [case:country country:CH day:1985-04-03 n:2 order:dmy value:3/4/1985]"}},
		{"one way only", "[new] BORN", []string{"1985-04-30"}, nil, "dmy", nil},
		{"the recipe says it", "[new] BORN", []string{"3/4/1985", "4/30/1985"}, func(i *domain.Import) { i.DateOrder = "dmy" }, "dmy", nil},
		{"an undo is never in doubt", "[new] BORN", []string{"3/4/1985", "4/30/1985"}, undo, "", nil},
		{"the [old] column tells too", "[old] BORN,[new] BORN", []string{"4/30/1985,3/4/1985"}, nil, "mdy mdy", []string{"[new] BORN dateOrder [line:2 n:2 order:mdy value:4/30/1985]"}},
		{"each column for itself", "[new] BORN,[new] SINCE", []string{"4/30/1985,30/4/1985", ",3/4/1985"}, nil, "mdy dmy",
			[]string{"[new] BORN dateOrder [line:2 n:1 order:mdy value:4/30/1985]", "[new] SINCE dateOrder [line:2 n:1 order:dmy value:30/4/1985]"}},
		{"a text is none", "[new] NOTE", []string{"4/30/1985"}, nil, "", nil},
		{"ten lines are named", "[new] BORN", append(slices.Repeat([]string{"30/4/1985"}, 11), "4/30/1985", "3/4/1985"), nil, "",
			[]string{"[new] BORN dateOrderMixed [days:[2 3 4 5 6 7 8 9 10 11] months:[13] n:1]"}},

		{"a point", "[new] SIZE", []string{"1.250", "2.5"}, nil, "point", []string{"[new] SIZE decimalSign [line:3 n:1 sign:point value:2.5]"}},
		{"a comma", "[new] SIZE", []string{"1.250", "2,5", "3,75"}, nil, "comma", []string{"[new] SIZE decimalSign [line:3 n:1 sign:comma value:2,5]"}},
		{"both signs", "[new] SIZE", []string{"1.250", "2,5", "2.5"}, nil, "", []string{"[new] SIZE decimalSignMixed [commas:[3] n:1 points:[4]]"}},
		{"nobody knows", "[new] SIZE", []string{"1.250"}, nil, "", nil},
		{"nothing is in doubt", "[new] SIZE", []string{"2,5"}, nil, "comma", nil},
		{"both signs and nothing in doubt", "[new] SIZE", []string{"2,5", "2.5"}, nil, "", nil},
		{"the recipe says the sign", "[new] SIZE", []string{"1.250", "2,5"}, func(i *domain.Import) { i.DecimalSign = "point" }, "point", nil},
		{"an undo's numbers", "[new] SIZE", []string{"1.250", "2,5"}, undo, "", nil},
		{"a copy of [old]", "[old] SIZE,[new] SIZE", []string{"2.5,2.5", "3.5,1.250"}, nil, " ", nil},
		{"not a copy of [old]", "[old] SIZE,[new] SIZE", []string{"2.5,2,5", "3.5,1.250"}, nil, " comma", []string{"[new] SIZE decimalSign [line:2 n:1 sign:comma value:2,5]"}},
		{"another than [old]", "[old] SIZE,[new] SIZE", []string{"2.5,3.5", "3.5,1.250"}, nil, " point", []string{"[new] SIZE decimalSign [line:2 n:1 sign:point value:3.5]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			for _, f := range []domain.FieldDef{{Code: "BORN", Label: "Born", Kind: domain.Date}, {Code: "SINCE", Label: "Since", Kind: domain.Date}, {Code: "SIZE", Label: "Size", Kind: domain.Number, Decimals: 3}} {
				if err := d.catalogue.PutField(t.Context(), house, f); err != nil {
					t.Fatal(err)
				}
			}
			file := []string{"Contact;" + strings.ReplaceAll(c.header, ",", ";")}
			for i, cells := range c.cells {
				n := domain.ContactNumber(fmt.Sprint(i + 1))
				d.contact(t, n)
				if strings.Contains(c.header, ",") {
					cells = strings.Replace(cells, ",", ";", 1)
				}
				file = append(file, string(n)+";"+cells)
			}
			p := d.plan(t, domain.Criteria, lines(file...), func(i *domain.Import) {
				if c.imp != nil {
					c.imp(i)
				}
			})
			if p.Problem != nil {
				t.Fatalf("%+v", p.Problem)
			}
			var as []string
			for _, col := range p.Columns[1:] {
				as = append(as, col.Order+col.Sign)
			}
			if got := strings.Join(as, " "); got != c.as {
				t.Errorf("columns %q, want %q", got, c.as)
			}
			if got := saysOf(p, "dateOrder", "decimalSign"); !slices.Equal(got, c.says) {
				t.Error(cmp.Diff(c.says, got))
			}
		})
	}
}

// A row that cannot be read says nothing of its column, and birth dates say it as
// other days do.
func TestEvidenceOfBirthDates(t *testing.T) {
	d := newDesk(t)
	p := d.plan(t, domain.Contacts, lines("Last name;Birth date", "Kern;3/4/1985", "Zoll;4/30/1985;x", "Nowak;30/4/1985"))
	if got, want := saysOf(p, "dateOrder"), []string{"Birth date dateOrder [line:4 n:1 order:dmy value:30/4/1985]"}; !slices.Equal(got, want) || p.Columns[1].Order != "dmy" {
		t.Errorf("%q, order %q", got, p.Columns[1].Order)
	}
}
