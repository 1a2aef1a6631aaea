package importtest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/testing/importtest"
)

type values = map[domain.Field]domain.Value

// personInput is a file of contacts with the right answer, as a test, its update
// and the undo of that.
type personInput struct {
	name     string
	live     map[int]values // what contacts have before
	file     string
	recipe   domain.Recipe
	counts   domain.Counts
	problems []string
	says     []string
	holds    map[int]values // what contacts have afterwards
}

func (in personInput) run(t *testing.T) {
	w := fixture(t)
	for n, vs := range in.live {
		w.Set(t, demo.Aurora, domain.ContactNumber(fmt.Sprintf("%07d", n)), vs)
	}
	whole(t, w, domain.Contacts, in.file, func(_, up domain.Import) { in.check(t, w, up) }, func(i *domain.Import) { i.Recipe = in.recipe })
}

func (in personInput) check(t *testing.T, w *importtest.World, up domain.Import) {
	t.Helper()
	if up.Counts != in.counts {
		t.Errorf("%+v, want %+v; %+v", up.Counts, in.counts, up.Problem)
	}
	if d := cmp.Diff(in.problems, problems(up)); d != "" {
		t.Errorf("problems: %s", d)
	}
	all := ""
	for _, p := range up.Problems {
		all += p.Message("en") + " → " + p.Fix() + "\n"
	}
	for _, x := range up.Warnings {
		all += x.Message("en") + "\n"
	}
	for _, s := range in.says {
		if !strings.Contains(all, s) {
			t.Errorf("nothing says %q: %s", s, all)
		}
	}
	for n, vs := range in.holds {
		for f, want := range vs {
			if got := w.Value(t, demo.Aurora, domain.ContactNumber(fmt.Sprintf("%07d", n)), f); got != want {
				t.Errorf("%d has %s %q, want %q", n, f, got, want)
			}
		}
	}
}

func TestInputPersons(t *testing.T) {
	ann := values{domain.ContactFirstName: "Ann", domain.ContactLastName: "Nowak", domain.ContactBirthDate: "1985-04-12"}
	for _, in := range []personInput{
		{name: "82 by the row's country", file: "Contact,Phone,Country\n#0000001,079 123 45 67,CH\n#0000002,06 12 34 56 78,France\n#0000003,0151 23456789,FR\n#0000004,+41 79 123 45 67,FR\n",
			counts: domain.Counts{Rows: 4, Updated: 3, Rejected: 1}, problems: []string{"4 rejected badPhone Phone"},
			holds: map[int]values{1: {domain.ContactPhone: "+41791234567"}, 2: {domain.ContactPhone: "+33612345678"}, 3: {domain.ContactPhone: ""}, 4: {domain.ContactPhone: "+41791234567"}}},
		{name: "82 by the contact's country", live: map[int]values{1: {domain.ContactCountry: "CH"}, 2: {domain.ContactCountry: "FR"}}, recipe: domain.Recipe{Country: "DE"},
			file:   "Contact,Email,Phone\n#0000001,,079 123 45 67\n,c0000002@example.org,06 12 34 56 78\n#0000003,,030 901820\n#0000002x,,1\n",
			counts: domain.Counts{Rows: 4, Updated: 3, Rejected: 1}, problems: []string{"5 rejected badNumber Contact"},
			holds: map[int]values{1: {domain.ContactPhone: "+41791234567"}, 2: {domain.ContactPhone: "+33612345678"}, 3: {domain.ContactPhone: "+4930901820"}},
			says:  []string{"read as one of Germany"}},
		{name: "82 by the institution's country", file: "Email,Last name,Phone\nx@list.example,Xaver,020 7946 0018\ny@list.example,Yeo,020 7946 0019\nz@list.example,Zed,12\n",
			counts: domain.Counts{Rows: 3, Created: 2, Rejected: 1}, problems: []string{"4 rejected badPhone Phone"}, says: []string{"read as one of United Kingdom", "(2 times)"}},
		{name: "82 a column without +, as a newsletter's program writes it", live: map[int]values{3: {domain.ContactCountry: "DE"}}, recipe: domain.Recipe{Country: "FR"},
			file:   "Email,SMS\nc0000001@example.org,33612345678\nc0000002@example.org,33 6 12 34 56 79\nc0000003@example.org,4915123456789\nc0000004@example.org,33199000000000\nc0000005@example.org,33612345677\n",
			counts: domain.Counts{Rows: 5, Updated: 4, Rejected: 1}, problems: []string{"5 rejected badPhone SMS"}, says: []string{`"33612345678" was read as +33612345678`, "(4 times)"},
			holds: map[int]values{1: {domain.ContactPhone: "+33612345678"}, 2: {domain.ContactPhone: "+33612345679"}, 3: {domain.ContactPhone: "+4915123456789"}, 4: {domain.ContactPhone: ""}}},
		{name: "82 one without + among numbers as at home", recipe: domain.Recipe{Country: "FR"},
			file:   "Email,Phone\nc0000001@example.org,33612345678\nc0000002@example.org,33612345679\nc0000003@example.org,33612345677\nc0000004@example.org,06 12 34 56 78\n",
			counts: domain.Counts{Rows: 4, Updated: 1, Rejected: 3}, problems: []string{"2 rejected lostPlus Phone", "3 rejected lostPlus Phone", "4 rejected lostPlus Phone"}},
		{name: "82 a column that lost its zeros is none without +", recipe: domain.Recipe{Country: "DE"},
			file:   "Email,Phone\nc0000001@example.org,15123456789\nc0000002@example.org,15123456788\nc0000003@example.org,15123456787\n",
			counts: domain.Counts{Rows: 3, Rejected: 3}, problems: []string{"2 rejected lostZero Phone", "3 rejected lostZero Phone", "4 rejected lostZero Phone"}},
		{name: "82 a column of another country without +", recipe: domain.Recipe{Country: "CH"},
			file:   "Email,Phone\nc0000001@example.org,33612345678\nc0000002@example.org,33612345679\nc0000003@example.org,33612345677\n",
			counts: domain.Counts{Rows: 3, Rejected: 3}, problems: []string{"2 rejected lostPlus Phone", "3 rejected lostPlus Phone", "4 rejected lostPlus Phone"}},
		{name: "86 another first name", live: map[int]values{1: ann}, file: "Email,First name,Last name,City\nc0000001@example.org,Peter,Nowak,Bern\n",
			counts: domain.Counts{Rows: 1, Conflicted: 1}, problems: []string{"2 conflicted anotherPerson Email"}, says: []string{"#0000001", "Ann Nowak, 1985-04-12", "Peter Nowak"},
			holds: map[int]values{1: {domain.ContactFirstName: "Ann", domain.ContactCity: ""}}},
		{name: "86 another name and birth date", live: map[int]values{1: {domain.ContactLastName: "Nowak", domain.ContactBirthDate: "1985-04-12"}}, file: "Email,Last name,Birth date\nc0000001@example.org,Muster,1990-01-02\n",
			counts: domain.Counts{Rows: 1, Conflicted: 1}, problems: []string{"2 conflicted anotherPerson Email"}},
		{name: "86 the same by the recipe", live: map[int]values{1: ann}, recipe: domain.Recipe{Persons: map[int]domain.Same{2: domain.SamePerson}}, file: "Email,First name,Last name\nc0000001@example.org,Annette,Nowak\n",
			counts: domain.Counts{Rows: 1, Updated: 1}, holds: map[int]values{1: {domain.ContactFirstName: "Annette"}}},
		{name: "86 another by the recipe", live: map[int]values{1: ann}, recipe: domain.Recipe{Persons: map[int]domain.Same{2: domain.AnotherPerson}}, file: "Email,First name,Last name\nc0000001@example.org,Peter,Nowak\n",
			counts: domain.Counts{Rows: 1, Created: 1}, holds: map[int]values{1: {domain.ContactFirstName: "Ann"}, 61: {domain.ContactFirstName: "Peter", domain.ContactEmail: "c0000001@example.org"}}},
		{name: "86 who married, who has two names, an initial, a slip in the birth date", live: map[int]values{1: ann, 2: ann, 3: ann, 4: ann},
			file:   "Email,First name,Last name,Birth date\nc0000001@example.org,Ann,Muster,\nc0000002@example.org,Ann-Kathrin,Nowak,\nc0000003@example.org,A.,Nowak,\nc0000004@example.org,Ann,Nowak,1985-04-13\n",
			counts: domain.Counts{Rows: 4, Updated: 4}, holds: map[int]values{1: {domain.ContactLastName: "Muster"}}},
		{name: "86 not by its number", live: map[int]values{1: ann}, file: "Contact,Email,First name,Last name\n#0000001,c0000001@example.org,Peter,Muster\n",
			counts: domain.Counts{Rows: 1, Updated: 1}},
		{name: "87 by name and birth date", live: map[int]values{1: ann}, file: "First name,Last name,Birth date,City\nANN,Nówak,12.04.1985,Bern\nAnn,Nowak,13.04.1985,Basel\nAnn,Nowak,,Chur\n",
			counts: domain.Counts{Rows: 3, Created: 2, Updated: 1}, holds: map[int]values{1: {domain.ContactCity: "Bern"}}, says: []string{"Found by name and birth date: #0000001"}},
		{name: "87 of several", live: map[int]values{1: ann, 2: ann}, file: "First name,Last name,Birth date,City\nAnn,Nowak,12.04.1985,Bern\n",
			counts: domain.Counts{Rows: 1, Rejected: 1}, problems: []string{"2 rejected severalNamed "}, says: []string{"#0000001 and #0000002"}},
		{name: "87 beside its number", live: map[int]values{1: ann}, file: "Contact,First name,Last name,Birth date,City\n#0000001,,,,Bern\n,Ann,Nowak,12.04.1985,Basel\n",
			counts: domain.Counts{Rows: 2, Updated: 1, Rejected: 1}, problems: []string{"3 rejected differentLines Contact"}, holds: map[int]values{1: {domain.ContactCity: "Bern"}}},
		{name: "92 a rounded number as a text", file: "Contact,Street,[new] NOTE\n#0000001,4.9E+15,\n#0000002,,\"1,23457E+15\"\n#0000003,Gasse 1,1E5\n",
			counts: domain.Counts{Rows: 3, Updated: 1, Rejected: 2}, problems: []string{"2 rejected spreadsheetNumber Street", "3 rejected spreadsheetNumber [new] NOTE"}},
		{name: "93 marks of other programs", file: "Contact,Postcode,[new] NOTE\n#0000001,\"=\"\"01067\"\"\",x\n#0000002,'04101,'=1\n#0000003,3011,''90s\n=\"0000004\",3012,'tis\n",
			counts: domain.Counts{Rows: 4, Updated: 4}, holds: map[int]values{1: {domain.ContactPostcode: "01067"}, 2: {domain.ContactPostcode: "04101", "criterion:NOTE": "=1"}, 3: {"criterion:NOTE": "'90s"}, 4: {"criterion:NOTE": "'tis"}},
			says: []string{"3 cells are marked as text"}},
		{name: "94 a postcode that lost its zero", live: map[int]values{2: {domain.ContactCountry: "DE"}}, recipe: domain.Recipe{Country: "FR"},
			file:   "Contact,Postcode,Country\n#0000001,1067,DE\n#0000002,1067,\n#0000003,6000,\n#0000004,3011,CH\n",
			counts: domain.Counts{Rows: 4, Updated: 1, Rejected: 3}, problems: []string{"2 rejected postcodeLostZero Postcode", "3 rejected postcodeLostZero Postcode", "4 rejected postcodeLostZero Postcode"},
			says: []string{"01067", "06000"}, holds: map[int]values{4: {domain.ContactPostcode: "3011"}}},
		{name: "95 signs of web pages", file: "Contact,Last name,[new] NOTE\n#0000001,O&#039;Neil,\n#0000002,M&uuml;ller,\n#0000003,,a &amp;amp; b\n#0000004,AT&T,Q&A;\n",
			counts: domain.Counts{Rows: 4, Updated: 1, Rejected: 3}, problems: []string{"2 rejected htmlEntities Last name", "3 rejected htmlEntities Last name", "4 rejected htmlEntities [new] NOTE"},
			says: []string{"→ O'Neil", "→ Müller", "→ a & b"}, holds: map[int]values{4: {domain.ContactLastName: "AT&T", "criterion:NOTE": "Q&A;"}}},
		{name: "95 stored so already", live: map[int]values{1: {"criterion:NOTE": "a &amp; b"}}, file: "Contact,[old] Last name,[new] Last name,[old] NOTE,[new] NOTE\n#0000001,Name 0000001,X,a &amp; b,a &amp; b\n",
			counts: domain.Counts{Rows: 1, Updated: 1}},
		{name: "96 letters lost to a question mark", file: "Contact,City,[new] NOTE\n#0000001,P?erov,\n#0000002,Bern,why? because\n#0000003,,https://a.example/x?y=z\n#0000004,Br?nn,\n",
			counts: domain.Counts{Rows: 4, Updated: 4}, says: []string{"\"P?erov\" has a question mark inside a word", "(2 times)"}},
		{name: "97 what shows nothing", live: map[int]values{2: {domain.ContactEmail: "jo@list.example"}}, file: "Contact,\u00a0Last\u200b name,[new] NOTE,[new] GENRE\n\u200e#0000001,Mu\u00adster\u200b,\u00a0x\u00a0y\u202c,\u200bJAZZ\u00a0\n",
			counts: domain.Counts{Rows: 1, Updated: 1}, holds: map[int]values{1: {domain.ContactLastName: "Muster", "criterion:GENRE": "JAZZ"}}},
		{name: "98 [old] without its zeros", live: map[int]values{1: {"criterion:NOTE": "0042"}, 2: {"criterion:NOTE": "0043"}}, file: "Contact,[old] Last name,[old] NOTE,[new] NOTE,[new] Last name\n#0000001,Name 0000001,42,x,\n#0000002,Name 0000002,42,x,\n",
			counts: domain.Counts{Rows: 2, Updated: 1, Conflicted: 1}, problems: []string{"3 conflicted conflict [new] NOTE"}},
		{name: "99 rows without their blank last cells", file: "Email,Last name,City,[new] NOTE\na@list.example,Abel,Bern,x\nb@list.example,Bart\nc@list.example,Cam,Chur\nd@list.example,Dan,Davos,y\ne@list.example,Eve,Egg,z\n",
			counts: domain.Counts{Rows: 5, Created: 5}, says: []string{"2 rows lack their last cells"}},
		{name: "99 a [new] cell missing beside [old]", live: map[int]values{1: {"criterion:NOTE": "a"}}, file: "Contact,Last name,[old] NOTE,[new] NOTE\n#0000001,Abel\n#0000002,Bart,a\n#0000003,Cam,,\n#0000004,Dan,,\n",
			counts: domain.Counts{Rows: 4, Updated: 3, Rejected: 1}, problems: []string{"3 rejected wrongCellCount "}},
		{name: "100 names that look odd", file: "Contact,First name,Last name\n#0000001,Anna 3.,Nowak\n#0000002,A,O\n#0000003,ANNA,MEIER\n#0000004,Anna,Studio 54\n",
			counts: domain.Counts{Rows: 4, Updated: 4}, says: []string{"has a digit", "one letter", "in capitals"}, holds: map[int]values{1: {domain.ContactFirstName: "Anna 3."}}},
		{name: "100 what is stored and not touched", live: map[int]values{1: {domain.ContactFirstName: "Ann", domain.ContactLastName: "M3ier", domain.ContactPostcode: "1067", domain.ContactCountry: "DE"}}, file: "Contact,City\n#0000001,Dresden\n",
			counts: domain.Counts{Rows: 1, Updated: 1}},
	} {
		t.Run(in.name, in.run)
	}
}
