package demo_test

import (
	"context"
	"iter"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"rollbook/internal/domain"
	"rollbook/internal/domain/condition"
	"rollbook/internal/domain/fault"
	"rollbook/internal/local/demo"
)

func TestContactsAreTheSameEveryTimeAndBeginAlike(t *testing.T) {
	few, many := slices.Collect(demo.Contacts(demo.Aurora, 30)), slices.Collect(demo.Contacts(demo.Aurora, 300))
	if d := cmp.Diff(few, many[:30]); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(demo.Contact(demo.Aurora, 299), many[299]); d != "" {
		t.Error(d)
	}
	if cmp.Equal(demo.Contact(demo.Aurora, 5), demo.Contact(demo.Borealis, 5)) {
		t.Error("two institutions have the same contact")
	}
}

func TestContactsAreValidAndVaried(t *testing.T) {
	const n = 20000
	for _, in := range []domain.InstitutionID{demo.Aurora, demo.Borealis, "third"} {
		cat := demo.Catalogue(in)
		numbers, zeroless, emails := map[domain.ContactNumber]bool{}, map[string]bool{}, map[string]int{}
		lengths, empty, values := map[int]int{}, map[domain.Field]int{}, map[domain.Field]map[domain.Value]bool{}
		for c := range demo.Contacts(in, n) {
			if !c.Number.Valid() || numbers[c.Number] || zeroless[strings.TrimLeft(string(c.Number), "0")] {
				t.Fatalf("number %q is not valid or not unique", c.Number)
			}
			numbers[c.Number], zeroless[strings.TrimLeft(string(c.Number), "0")] = true, true
			lengths[len(c.Number)]++
			if e := c.Email(); e != "" {
				emails[e]++
				if a, err := mail.ParseAddress(e); err != nil || a.Address != e {
					t.Errorf("e-mail %q: %v", e, err)
				}
			}
			if title := string(c.Get(domain.ContactTitle)); title != "" && !slices.Contains(cat.Settings.Titles, title) {
				t.Errorf("title %q is not on the list", title)
			}
			if d := c.Get(domain.ContactBirthDate); d != "" {
				if _, err := time.Parse(time.DateOnly, string(d)); err != nil {
					t.Error(err)
				}
			}
			// An estimate of the stored item, with room for keys and marks.
			size := 150
			for f, v := range c.Fields {
				size += len(f.Code()) + len(v) + 2
				checkText(t, f, v)
				if room, _ := f.Split(); room == domain.ContactRoom {
					continue
				}
				def, ok := cat.Lookup(f)
				if !ok {
					t.Fatalf("%s is not in the catalogue", f)
				}
				if values[f] == nil {
					values[f] = map[domain.Value]bool{}
				}
				values[f][v] = true
				checkValue(t, def, v)
			}
			for f, p := range c.Provenance {
				size += len(f.Code()) + len(p.By) + len(p.Proof) + 30
			}
			if size > 1024 {
				t.Errorf("contact %s has about %d bytes", c.Number, size)
			}
			for _, d := range cat.Fields {
				if c.Get(d.Field()) == domain.Empty {
					empty[d.Field()]++
				}
			}
		}
		if lengths[6] < n/100 || lengths[8] < n/100 || lengths[7] < n*9/10 {
			t.Errorf("lengths of numbers: %v", lengths)
		}
		shared := 0
		for _, k := range emails {
			if k > 1 {
				shared++
			}
		}
		if shared == 0 || shared > n/50 || len(emails) > n*95/100 || len(emails) < n*85/100 {
			t.Errorf("%d addresses, %d of them shared", len(emails), shared)
		}
		for _, d := range cat.Fields {
			if empty[d.Field()] < n/10 || empty[d.Field()] == n {
				t.Errorf("%s: %s is empty %d times of %d", in, d.Code, empty[d.Field()], n)
			}
			if len(values[d.Field()]) < 2 {
				t.Errorf("%s: %s has values %v", in, d.Code, values[d.Field()])
			}
		}
	}
}

func checkText(t *testing.T, f domain.Field, v domain.Value) {
	t.Helper()
	s := string(v)
	if s == "" || !utf8.ValidString(s) || !norm.NFC.IsNormalString(s) || strings.TrimSpace(s) != s || strings.ContainsFunc(s, unicode.IsControl) {
		t.Errorf("%s: %q is not in its canonical form", f, s)
	}
	for _, c := range domain.ContactFields {
		if c.Field == f && utf8.RuneCountInString(s) > c.Max {
			t.Errorf("%s: %q is too long", f, s)
		}
	}
}

func checkValue(t *testing.T, d domain.FieldDef, v domain.Value) {
	t.Helper()
	switch d.Kind {
	case domain.SingleChoice, domain.MultiChoice:
		if d.Order(v.Codes()) != v {
			t.Errorf("%s: %q is not in catalogue order", d.Code, v)
		}
		for _, c := range v.Codes() {
			if !slices.Contains(d.UsedValues, c) {
				t.Errorf("%s: %q is not among the used values", d.Code, c)
			}
		}
	case domain.YesNo, domain.Authorisation:
		if v != domain.True && v != domain.False {
			t.Errorf("%s: %q", d.Code, v)
		}
	case domain.Text:
		most := d.MaxLength
		if most == 0 {
			most = domain.MaxText
		}
		if utf8.RuneCountInString(string(v)) > most {
			t.Errorf("%s: %q is too long", d.Code, v)
		}
	}
}

func TestCatalogue(t *testing.T) {
	a, b := demo.Catalogue(demo.Aurora), demo.Catalogue(demo.Borealis)
	if a.Settings.Separator != "," || a.Settings.Language != "en" || b.Settings.Separator != ";" || b.Settings.Language != "fr" {
		t.Errorf("settings %+v and %+v", a.Settings, b.Settings)
	}
	kinds, codes := map[domain.Kind]int{}, map[string]bool{}
	for i, d := range a.Fields {
		kinds[d.Kind]++
		if !domain.ValidCode(d.Code) || codes[d.Code] || d.Code != b.Fields[i].Code {
			t.Errorf("code %s", d.Code)
		}
		codes[d.Code] = true
		for _, l := range []string{"en", "fr", "de", "it", "es"} {
			if d.Labels[l] == "" {
				t.Errorf("%s has no label in %s", d.Code, l)
			}
		}
		if choice := d.Kind == domain.SingleChoice || d.Kind == domain.MultiChoice; choice != (len(d.Values) > 0) || choice && (len(d.Values) < 4 || len(d.Values) > 12) {
			t.Errorf("%s has %d values", d.Code, len(d.Values))
		}
	}
	for _, k := range []domain.Kind{domain.SingleChoice, domain.MultiChoice, domain.YesNo, domain.Text, domain.Authorisation} {
		if kinds[k] == 0 {
			t.Errorf("no field of kind %s", k)
		}
	}
	if kinds[domain.Authorisation] != 4 {
		t.Errorf("%d authorisations", kinds[domain.Authorisation])
	}
}

func TestTargets(t *testing.T) {
	ids := map[string]bool{}
	for _, in := range []domain.InstitutionID{demo.Aurora, demo.Borealis} {
		cat := demo.Catalogue(in)
		for _, dt := range demo.Targets(in) {
			if ids[dt.ID] || len(dt.ID) != 36 || dt.Name == "" {
				t.Errorf("target %+v", dt)
			}
			ids[dt.ID] = true
			c, err := condition.Parse(dt.Condition, &cat, time.Now())
			if err != nil {
				t.Errorf("target %s: %v", dt.Name, err)
				continue
			}
			n := 0
			for contact := range demo.Contacts(in, 1000) {
				if c.Match(contact) {
					n++
				}
			}
			if n < 20 {
				t.Errorf("target %s of %s matches %d of 1000", dt.Name, in, n)
			}
		}
	}
	if len(ids) < 8 {
		t.Errorf("%d targets", len(ids))
	}
}

// store keeps what Seed stores.
type store struct {
	settings domain.Settings
	fields   map[domain.Field]domain.FieldDef
	used     map[domain.Field][]string
	targets  map[string]domain.Target
	contacts int
}

func (s *store) PutSettings(_ context.Context, _ domain.InstitutionID, v domain.Settings) error {
	s.settings = v
	return nil
}

func (s *store) PutField(_ context.Context, _ domain.InstitutionID, d domain.FieldDef) error {
	if _, ok := s.fields[d.Field()]; ok {
		return fault.New(fault.Conflict, "exists")
	}
	s.fields[d.Field()] = d
	return nil
}

func (s *store) MarkUsed(_ context.Context, _ domain.InstitutionID, used map[domain.Field][]string) error {
	s.used = used
	return nil
}

func (s *store) PutTarget(_ context.Context, _ domain.InstitutionID, t domain.Target) error {
	if _, ok := s.targets[t.ID]; ok {
		return fault.New(fault.Conflict, "exists")
	}
	s.targets[t.ID] = t
	return nil
}

func (s *store) Load(_ context.Context, _ domain.InstitutionID, cs iter.Seq[domain.Contact]) error {
	s.contacts = 0
	for range cs {
		s.contacts++
	}
	return nil
}

func TestSeedCanBeRepeated(t *testing.T) {
	s := &store{fields: map[domain.Field]domain.FieldDef{}, targets: map[string]domain.Target{}}
	for range 2 {
		if err := demo.Seed(t.Context(), s, s, demo.Borealis, 12); err != nil {
			t.Fatal(err)
		}
		if s.contacts != 12 || s.settings.Language != "fr" || len(s.fields) != len(demo.Catalogue(demo.Borealis).Fields) || len(s.targets) != len(demo.Targets(demo.Borealis)) {
			t.Errorf("stored %+v", s)
		}
		if !slices.Contains(s.used["criterion:GENRE"], "JAZZ") || slices.Contains(s.used["criterion:GENRE"], "CIRCUS") {
			t.Errorf("used values of GENRE: %v", s.used["criterion:GENRE"])
		}
	}
}
