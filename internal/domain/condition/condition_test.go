package condition_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/condition"
	"rollbook/internal/domain/fault"
)

var catalogue = &domain.Catalogue{Fields: []domain.FieldDef{
	{Code: "CLUB", Label: "Club", Kind: domain.YesNo},
	{Code: "EMAIL", Label: "E-mail", Kind: domain.Authorisation},
	{Code: "GENRE", Label: "Genre", Kind: domain.SingleChoice, Values: []domain.Choice{
		{Code: "ROCK", Label: "Rock music"}, {Code: "JAZZ", Label: "Jazz"}, {Code: "SWING", Label: "Swing", Retired: true}}},
	{Code: "JOINED", Label: "Joined", Kind: domain.Date},
	{Code: "NOTE", Label: "Note", Kind: domain.Text},
	{Code: "SPENT", Label: "Spent", Kind: domain.Number, Decimals: 2},
	{Code: "STYLES", Label: "Styles", Kind: domain.MultiChoice, Values: []domain.Choice{
		{Code: "ROCK", Label: "Rock"}, {Code: "JAZZ", Label: "Jazz"}, {Code: "POP", Label: "Pop"}}},
}}

// today is the day from which conditions count.
var today = time.Date(2026, 3, 10, 23, 30, 0, 0, time.FixedZone("", 3600))

// parse reads a condition that must be right.
func parse(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string) *condition.Condition {
	t.Helper()
	c, err := condition.Parse([]byte(text), catalogue, today)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return c
}

func TestMatch(t *testing.T) {
	contact := domain.Contact{Number: "0012345", Fields: map[domain.Field]domain.Value{
		"criterion:CLUB":      "true",
		"criterion:GENRE":     "SWING",
		"criterion:NOTE":      "Élève à Nîmes",
		"criterion:STYLES":    "POP|ROCK", // in the order of an older catalogue
		"authorisation:EMAIL": "false",
		"criterion:JOINED":    "2026-03-01",
		"criterion:SPENT":     "-12.5",
		"contact:language":    "fr",
		"contact:birthDate":   "1980-05-17",
		"contact:email":       "Ann@Example.org",
	}}
	nobody := domain.Contact{Number: "7"}
	for _, c := range []struct {
		leaf          string // field op value
		contact, none bool   // what the contact and one without values match
	}{
		{`"criterion:GENRE" "is" "SWING"`, true, false},
		{`"criterion:GENRE" "is" "ROCK"`, false, false},
		{`"criterion:GENRE" "isNot" "ROCK"`, true, true},
		{`"criterion:GENRE" "isNot" "SWING"`, false, true},
		{`"criterion:GENRE" "in" ["ROCK","SWING"]`, true, false},
		{`"criterion:GENRE" "in" ["ROCK","JAZZ"]`, false, false},
		{`"criterion:GENRE" "isEmpty"`, false, true},
		{`"criterion:GENRE" "isNotEmpty"`, true, false},
		{`"criterion:STYLES" "contains" "ROCK"`, true, false},
		{`"criterion:STYLES" "contains" "JAZZ"`, false, false},
		{`"criterion:STYLES" "in" ["JAZZ","POP"]`, true, false},
		{`"criterion:STYLES" "in" ["JAZZ"]`, false, false},
		{`"criterion:STYLES" "is" ["ROCK","POP"]`, true, false},
		{`"criterion:STYLES" "is" ["POP","ROCK"]`, true, false},
		{`"criterion:STYLES" "is" ["ROCK"]`, false, false},
		{`"criterion:STYLES" "is" "ROCK"`, false, false},
		{`"criterion:STYLES" "isNot" "ROCK"`, true, true},
		{`"criterion:STYLES" "isNot" ["POP","ROCK","POP"]`, false, true},
		{`"criterion:STYLES" "isEmpty"`, false, true},
		{`"criterion:CLUB" "is" true`, true, false},
		{`"criterion:CLUB" "is" false`, false, false},
		{`"criterion:CLUB" "isNot" false`, true, true},
		{`"criterion:CLUB" "in" [true,false]`, true, false},
		{`"authorisation:EMAIL" "is" false`, true, false},
		{`"authorisation:EMAIL" "is" "empty"`, false, true},
		{`"authorisation:EMAIL" "isNot" "empty"`, true, false},
		{`"authorisation:EMAIL" "isNot" true`, true, true},
		{`"authorisation:EMAIL" "in" [false,"empty"]`, true, true},
		{`"authorisation:EMAIL" "isNotEmpty"`, true, false},
		{`"criterion:NOTE" "is" "élève à nîmes"`, true, false},
		{`"criterion:NOTE" "is" " E\u0301LE\u0300VE A\u0300 NI\u0302MES "`, true, false}, // NFD, upper case, blanks
		{`"criterion:NOTE" "is" "eleve a nimes"`, false, false},
		{`"criterion:NOTE" "isNot" "x"`, true, true},
		{`"criterion:NOTE" "in" ["x","ÉLÈVE À NÎMES"]`, true, false},
		{`"criterion:NOTE" "contains" "NÎM"`, true, false},
		{`"criterion:NOTE" "contains" " à "`, true, false},
		{`"criterion:NOTE" "contains" "nim"`, false, false},
		{`"criterion:NOTE" "is" "\u200eé\u00adlève\u00a0à Nî\u200dmes"`, true, false}, // with what nobody sees
		{`"criterion:NOTE" "startsWith" "éLÈ"`, true, false},
		{`"criterion:NOTE" "startsWith" "lève"`, false, false},
		{`"contact:language" "is" "FR"`, true, false},
		{`"contact:email" "contains" "@example"`, true, false},
		{`"contact:lastName" "isEmpty"`, true, true},
		{`"contact:birthDate" "before" "1980-05-18"`, true, false},
		{`"contact:birthDate" "before" "1980-05-17"`, false, false},
		{`"contact:birthDate" "after" "1980-05-16"`, true, false},
		{`"contact:birthDate" "after" "1980-05-17"`, false, false},
		{`"contact:birthDate" "is" "1980-05-17"`, true, false},
		{`"contact:birthDate" "in" ["1980-05-17","1990-01-01"]`, true, false},
		{`"contact:birthDate" "isEmpty"`, false, true},
		{`"contact:birthDate" "between" ["1980-05-17","1980-05-17"]`, true, false},
		{`"contact:birthDate" "withinLast" 36525`, true, false},
		{`"criterion:JOINED" "is" "2026-03-01"`, true, false},
		{`"criterion:JOINED" "isNot" "2026-03-01"`, false, true},
		{`"criterion:JOINED" "in" ["2026-03-02","2026-03-01"]`, true, false},
		{`"criterion:JOINED" "before" "2026-03-02"`, true, false},
		{`"criterion:JOINED" "before" "2026-03-01"`, false, false},
		{`"criterion:JOINED" "after" "2026-03-01"`, false, false},
		{`"criterion:JOINED" "between" ["2026-03-01","2026-04-01"]`, true, false},
		{`"criterion:JOINED" "between" ["2026-02-01","2026-03-01"]`, true, false},
		{`"criterion:JOINED" "between" ["2026-03-02","2026-03-31"]`, false, false},
		{`"criterion:JOINED" "withinLast" 9`, true, false},
		{`"criterion:JOINED" "withinLast" 8`, false, false},
		{`"criterion:JOINED" "isEmpty"`, false, true},
		{`"criterion:SPENT" "is" -12.50`, true, false},
		{`"criterion:SPENT" "is" 12.5`, false, false},
		{`"criterion:SPENT" "in" [1, -125e-1]`, true, false},
		{`"criterion:SPENT" "lessThan" -12.49`, true, false},
		{`"criterion:SPENT" "lessThan" -12.5`, false, false},
		{`"criterion:SPENT" "atMost" -12.5`, true, false},
		{`"criterion:SPENT" "atMost" -100`, false, false},
		{`"criterion:SPENT" "atLeast" -12.5`, true, false},
		{`"criterion:SPENT" "atLeast" -9`, false, false},
		{`"criterion:SPENT" "moreThan" -100`, true, false},
		{`"criterion:SPENT" "moreThan" -12.5`, false, false},
		{`"criterion:SPENT" "between" [-12.5,-12.5]`, true, false},
		{`"criterion:SPENT" "between" [-100,0]`, true, false},
		{`"criterion:SPENT" "between" [0,100]`, false, false},
		{`"criterion:SPENT" "isNotEmpty"`, true, false},
		{`"contact:number" "is" "0012345"`, true, false},
		{`"contact:number" "is" "#0012345"`, true, false},
		{`"contact:number" "is" "12345"`, false, false},
		{`"contact:number" "isNot" "0012345"`, false, true},
		{`"contact:number" "in" ["7","# 8"]`, false, true},
		{`"contact:number" "startsWith" "00"`, true, false},
		{`"contact:number" "startsWith" "#7"`, false, true},
	} {
		parts := strings.SplitN(c.leaf, " ", 3)
		text := fmt.Sprintf(`{"field":%s,"op":%s}`, parts[0], parts[1])
		if len(parts) == 3 {
			text = fmt.Sprintf(`{"field":%s,"op":%s,"value":%s}`, parts[0], parts[1], parts[2])
		}
		condition := parse(t, text)
		if got := condition.Match(contact); got != c.contact {
			t.Errorf("%s: the contact: %v", c.leaf, got)
		}
		if got := condition.Match(nobody); got != c.none {
			t.Errorf("%s: one without values: %v", c.leaf, got)
		}
	}
}

func TestMatchTrees(t *testing.T) {
	const yes, no = `{"field":"contact:number","op":"is","value":"1"}`, `{"field":"contact:number","op":"is","value":"2"}`
	for _, c := range []struct {
		text string
		want bool
	}{
		{`{"all":[]}`, true},
		{`{"any":[]}`, false},
		{`{"not":{"all":[]}}`, false},
		{`{"all":[Y,Y]}`, true},
		{`{"all":[Y,N]}`, false},
		{`{"any":[N,Y]}`, true},
		{`{"any":[N,N]}`, false},
		{`{"not":Y}`, false},
		{`{"not":{"any":[N,{"not":Y}]}}`, true},
	} {
		text := strings.NewReplacer("Y", yes, "N", no).Replace(c.text)
		if got := parse(t, text).Match(domain.Contact{Number: "1"}); got != c.want {
			t.Errorf("%s: %v", c.text, got)
		}
	}
	if everyone := parse(t, `{"all":[]}`); !everyone.Match(domain.Contact{}) || string(everyone.JSON()) != `{"all":[]}` {
		t.Errorf("everyone is %s", everyone.JSON())
	}
}

func TestParseNamesAllFaults(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`{"not":`, n-1) + `{"all":[]}` + strings.Repeat("}", n-1) }
	leaf := `{"field":"contact:number","op":"is","value":"1"}`
	many := func(n int) string { return `{"any":[` + strings.Repeat(leaf+",", n-1) + leaf + `]}` }
	values := func(n int) string {
		return `{"field":"contact:city","op":"in","value":[` + strings.Repeat(`"a",`, n-1) + `"b"]}`
	}
	for _, c := range []struct {
		text string
		code string
		want []string // place: a part of the message
	}{
		{``, condition.BadCondition, []string{"condition: no condition"}},
		{`null`, condition.BadCondition, []string{"condition: an object"}},
		{`[]`, condition.BadCondition, []string{"condition: an object"}},
		{`"x"`, condition.BadCondition, []string{"condition: an object"}},
		{`{`, condition.BadCondition, []string{"condition: not JSON"}},
		{`{} {}`, condition.BadCondition, []string{"condition: not JSON"}},
		{"{\"all\":[\"\xff\"]}", condition.BadCondition, []string{"condition: not JSON"}},
		{`{}`, condition.BadCondition, []string{"condition: empty"}},
		{`{"all":{}}`, condition.BadCondition, []string{"condition.all: a list"}},
		{`{"all":null}`, condition.BadCondition, []string{"condition.all: a list"}},
		{`{"not":[]}`, condition.BadCondition, []string{"condition.not: an object"}},
		{`{"all":[],"any":[]}`, condition.BadCondition, []string{"condition: only one of all and any"}},
		{`{"all":[],"op":"is"}`, condition.BadCondition, []string{"condition: only one of all and field"}},
		{`{"all":[],"all":[]}`, condition.BadCondition, []string{"condition.all: twice"}},
		{`{"alll":[]}`, condition.BadCondition, []string{"condition.alll: Did you mean all?"}},
		{`{"all":[],"comment":"x"}`, condition.BadCondition, []string{"condition.comment: no such member"}},
		{`{"All":[]}`, condition.BadCondition, []string{"condition.All: Did you mean all?"}},

		{`{"field":"criterion:GENER","op":"is","value":"ROCK"}`, condition.UnknownField, []string{"condition.field: Did you mean criterion:GENRE?"}},
		{`{"field":"GENRE","op":"is","value":"ROCK"}`, condition.UnknownField, []string{"condition.field: no field"}},
		{`{"field":"criterion:EMAIL","op":"is","value":true}`, condition.UnknownField, []string{"condition.field: no field"}},
		{`{"field":"contact:birthdate","op":"is","value":"2000-01-01"}`, condition.UnknownField, []string{"condition.field: Did you mean contact:birthDate?"}},
		{`{"field":1,"op":"is","value":true}`, condition.BadCondition, []string{"condition.field: a string"}},
		{`{"op":"is","value":true}`, condition.BadCondition, []string{"condition.field: a string"}},
		{`{"field":"criterion:GENRE"}`, condition.BadCondition, []string{"condition.op: takes is, isNot, in, isEmpty and isNotEmpty."}},
		{`{"field":"criterion:GENRE","op":"contains","value":"ROCK"}`, condition.BadCondition, []string{"condition.op: takes is, isNot, in"}},
		{`{"field":"criterion:GENRE","op":"isnot","value":"ROCK"}`, condition.BadCondition, []string{"condition.op: Did you mean isNot?"}},
		{`{"field":"criterion:CLUB","op":"startsWith","value":"t"}`, condition.BadCondition, []string{"condition.op: takes"}},
		{`{"field":"criterion:NOTE","op":"before","value":"t"}`, condition.BadCondition, []string{"condition.op: takes"}},
		{`{"field":"contact:birthDate","op":"startsWith","value":"19"}`, condition.BadCondition, []string{"condition.op: takes is, isNot, in, before, after"}},
		{`{"field":"contact:number","op":"isEmpty"}`, condition.BadCondition, []string{"condition.op: takes is, isNot, in and startsWith."}},
		{`{"field":"contact:number","op":"all"}`, condition.BadCondition, []string{"condition.op: takes"}},

		{`{"field":"criterion:GENRE","op":"is"}`, condition.BadCondition, []string{"condition.value: needs a value"}},
		{`{"field":"criterion:GENRE","op":"is","value":null}`, condition.BadCondition, []string{"condition.value: needs a value"}},
		{`{"field":"criterion:GENRE","op":"is","value":""}`, condition.BadCondition, []string{"condition.value: isEmpty"}},
		{`{"field":"criterion:GENRE","op":"is","value":"Rock music"}`, condition.BadCondition, []string{"condition.value: Did you mean ROCK?"}},
		{`{"field":"criterion:GENRE","op":"is","value":["ROCK"]}`, condition.BadCondition, []string{"condition.value: a string"}},
		{`{"field":"criterion:GENRE","op":"in","value":"ROCK"}`, condition.BadCondition, []string{"condition.value: a list"}},
		{`{"field":"criterion:GENRE","op":"in","value":[]}`, condition.BadCondition, []string{"condition.value: empty"}},
		{`{"field":"criterion:GENRE","op":"in","value":["ROCK","POLKA",1,null]}`, condition.BadCondition,
			[]string{"condition.value[1]: POLKA", "condition.value[2]: a string", "condition.value[3]: null"}},
		{`{"field":"criterion:GENRE","op":"isEmpty","value":true}`, condition.BadCondition, []string{"condition.value: no value"}},
		{`{"field":"criterion:STYLES","op":"is","value":[]}`, condition.BadCondition, []string{"condition.value: isEmpty"}},
		{`{"field":"criterion:STYLES","op":"is","value":["ROCK","X"]}`, condition.BadCondition, []string{"condition.value[1]: X"}},
		{`{"field":"criterion:STYLES","op":"contains","value":["ROCK"]}`, condition.BadCondition, []string{"condition.value: a string"}},
		{`{"field":"criterion:CLUB","op":"is","value":"true"}`, condition.BadCondition, []string{"condition.value: true, false"}},
		{`{"field":"criterion:CLUB","op":"is","value":"empty"}`, condition.BadCondition, []string{"condition.value: true, false"}},
		{`{"field":"authorisation:EMAIL","op":"is","value":"TRUE"}`, condition.BadCondition, []string{`condition.value: true, false or "empty"`}},
		{`{"field":"criterion:NOTE","op":"contains","value":" "}`, condition.BadCondition, []string{"condition.value: empty"}},
		{`{"field":"criterion:NOTE","op":"contains","value":"a\nb"}`, condition.BadCondition, []string{"condition.value: line break"}},
		{`{"field":"criterion:NOTE","op":"is","value":5}`, condition.BadCondition, []string{"condition.value: a string"}},
		{`{"field":"contact:birthDate","op":"before","value":"17.5.1980"}`, condition.BadCondition, []string{"condition.value: a date"}},
		{`{"field":"contact:birthDate","op":"before","value":"1980-02-30"}`, condition.BadCondition, []string{"condition.value: a date"}},
		{`{"field":"contact:number","op":"is","value":"12a"}`, condition.BadCondition, []string{"condition.value: not a contact number"}},
		{`{"field":"contact:number","op":"is","value":12}`, condition.BadCondition, []string{"condition.value: a string"}},

		{`{"all":[` + leaf + `,{"field":"criterion:GENRE","op":"like","value":1},{"any":[{"not":{"field":"criterion:X","op":"is"}},{"foo":1}]}]}`, condition.UnknownField,
			[]string{"condition.all[1].op: takes", "condition.all[2].any[0].not.field: no field", "condition.all[2].any[1].foo: no such member"}},
		{deep(20), "", nil},
		{deep(21), condition.BadCondition, []string{"condition" + strings.Repeat(".not", 20) + ": at most 20"}},
		{deep(9000), condition.BadCondition, []string{"condition" + strings.Repeat(".not", 20) + ": at most 20"}},
		{deep(20000), condition.BadCondition, []string{"condition: not JSON"}}, // encoding/json has a limit of its own
		{many(1000), "", nil},
		{many(1001), condition.BadCondition, []string{"condition: 1,001 comparisons"}},
		{values(1000), "", nil},
		{values(1001), condition.BadCondition, []string{"condition.value: 1,001 values"}},
		{`{"all":[]` + strings.Repeat(" ", condition.MaxBytes) + `}`, condition.BadCondition, []string{"condition: 256 KiB"}},
	} {
		short := c.text[:min(len(c.text), 100)]
		condition, err := condition.Parse([]byte(c.text), catalogue, today)
		if c.want == nil {
			if err != nil {
				t.Errorf("%s: %v", short, err)
			}
			continue
		}
		e, ok := fault.As(err)
		if !ok || condition != nil {
			t.Errorf("%s: taken", short)
			continue
		}
		if e.Kind != fault.Invalid || string(e.Code) != c.code || e.Message("en") == "" {
			t.Errorf("%s: %s %s %q, want the code %s", short, e.Kind, string(e.Code), e.Message("en"), c.code)
		}
		var got []string
		for i, f := range e.Fields {
			s := f.Location + ": " + f.Message("en")
			if i < len(c.want) {
				if place, says, _ := strings.Cut(c.want[i], ": "); f.Location == place && strings.Contains(f.Message("en"), says) {
					s = c.want[i]
				}
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", short, diff)
		}
	}
}

func TestFaultsAreCapped(t *testing.T) {
	text := `{"any":[` + strings.Repeat(`{"field":"criterion:GENER","op":"is","value":"ROCK"},`, 499) + `{}]}`
	_, err := condition.Parse([]byte(text), catalogue, today)
	e, _ := fault.As(err)
	if e == nil || len(e.Fields) != 100 || e.Code != condition.UnknownField {
		t.Fatalf("want the first 100 faults, got %+v", e)
	}
}

// A criterion may go after a target was saved with it.
func TestDeletedCriterion(t *testing.T) {
	saved := parse(t, `{"all":[{"field":"criterion:GENRE","op":"is","value":"ROCK"}]}`).JSON()
	newer := &domain.Catalogue{Fields: catalogue.Fields[:2]}
	_, err := condition.Parse(saved, newer, today)
	if e, ok := fault.As(err); !ok || e.Code != condition.UnknownField || e.Fields[0].Location != "condition.all[0].field" {
		t.Fatalf("got %v", err)
	}
}

func TestFields(t *testing.T) {
	c := parse(t, `{"any":[{"field":"criterion:NOTE","op":"is","value":"x"},{"not":{"all":[
		{"field":"contact:number","op":"is","value":"1"},{"field":"criterion:NOTE","op":"isEmpty"}]}}]}`)
	if diff := cmp.Diff([]domain.Field{"contact:number", "criterion:NOTE"}, c.Fields()); diff != "" {
		t.Error(diff)
	}
	if got := parse(t, `{"all":[]}`).Fields(); len(got) != 0 {
		t.Errorf("everyone asks for %v", got)
	}
}

func TestJSONIsCanonical(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{` { "all" : [ ] } `, `{"all":[]}`},
		{`{"value":"#1","op":"is","field":"contact:number"}`, `{"field":"contact:number","op":"is","value":"1"}`},
		{`{"field":"criterion:STYLES","op":"is","value":"ROCK"}`, `{"field":"criterion:STYLES","op":"is","value":["ROCK"]}`},
		{`{"field":"criterion:STYLES","op":"isNot","value":["POP","ROCK","POP"]}`, `{"field":"criterion:STYLES","op":"isNot","value":["ROCK","POP"]}`},
		{`{"field":"criterion:STYLES","op":"in","value":["POP","ROCK","POP"]}`, `{"field":"criterion:STYLES","op":"in","value":["POP","ROCK"]}`},
		{`{"field":"authorisation:EMAIL","op":"in","value":["empty",true]}`, `{"field":"authorisation:EMAIL","op":"in","value":["empty",true]}`},
		{`{"field":"criterion:CLUB","op":"is","value":false}`, `{"field":"criterion:CLUB","op":"is","value":false}`},
		{`{"field":"criterion:GENRE","op":"isEmpty","value":null}`, `{"field":"criterion:GENRE","op":"isEmpty"}`},
		{`{"field":"criterion:NOTE","op":"is","value":" <e\u0301> & x "}`, `{"field":"criterion:NOTE","op":"is","value":"<é> & x"}`},
		{`{"field":"criterion:NOTE","op":"in","value":["A","a","b"]}`, `{"field":"criterion:NOTE","op":"in","value":["A","b"]}`},
		{`{"field":"criterion:NOTE","op":"contains","value":" & "}`, `{"field":"criterion:NOTE","op":"contains","value":" & "}`},
		{`{"not":{"any":[{"all":[]}]}}`, `{"not":{"any":[{"all":[]}]}}`},
	} {
		if diff := cmp.Diff(c.want, string(parse(t, c.text).JSON())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.text, diff)
		}
	}
}
