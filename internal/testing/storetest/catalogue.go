package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

var genreDef = domain.FieldDef{Code: "GENRE", Label: "Genre", Labels: map[string]string{"fr": "Genre préféré"}, Kind: domain.SingleChoice,
	Values: []domain.Choice{{Code: "ROCK", Label: "Rock"}, {Code: "POP", Label: "Pop & more", Retired: true}, {Code: "JAZZ", Label: "Jazz"}}}

var mailingDef = domain.FieldDef{Code: "MAILING", Label: "May be written to", Kind: domain.Authorisation}

// TestCatalogue checks an implementation; new returns an empty store.
func TestCatalogue(t *testing.T, new func(t *testing.T) Catalogue) {
	for name, test := range map[string]func(*testing.T, Catalogue){
		"Settings":      catalogueSettings,
		"Fields":        catalogueFields,
		"FieldVersions": catalogueVersions,
		"CodeTaken":     catalogueCodeTaken,
		"MarkUsed":      catalogueMarkUsed,
		"MarkUsedRaces": catalogueMarkUsedRaces,
		"Delete":        catalogueDelete,
		"Targets":       catalogueTargets,
		"TargetPages":   catalogueTargetPages,
		"Institutions":  catalogueInstitutions,
		"Large":         catalogueLarge,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, new(t))
		})
	}
}

var settings = domain.Settings{Name: "Opera", Language: "fr", Separator: ";", Country: "CH", Titles: []string{"Mme", "M."}}

func catalogueSettings(t *testing.T, s Catalogue) {
	_, err := s.Catalogue(t.Context(), opera)
	refused(t, "unknown institution", err, fault.NotFound, "notFound")
	must(t, s.PutField(t.Context(), opera, genreDef))
	_, err = s.Catalogue(t.Context(), opera)
	refused(t, "institution without settings", err, fault.NotFound, "notFound")
	must(t, s.PutSettings(t.Context(), opera, settings))
	same(t, "settings", catalogue(t, s, opera).Settings, settings)
	other := settings
	other.Titles = nil
	must(t, s.PutSettings(t.Context(), opera, other))
	same(t, "replaced", catalogue(t, s, opera).Settings, other)
}

func catalogue(t *testing.T, s Catalogue, in domain.InstitutionID) *domain.Catalogue {
	t.Helper()
	c, err := s.Catalogue(t.Context(), in)
	must(t, err)
	return c
}

// known makes the institution with the definitions.
func known(t *testing.T, s Catalogue, in domain.InstitutionID, defs ...domain.FieldDef) {
	t.Helper()
	must(t, s.PutSettings(t.Context(), in, settings))
	for _, d := range defs {
		must(t, s.PutField(t.Context(), in, d))
	}
}

// field returns one definition as it is stored.
func field(t *testing.T, s Catalogue, in domain.InstitutionID, f domain.Field) domain.FieldDef {
	t.Helper()
	d, ok := catalogue(t, s, in).Lookup(f)
	if !ok {
		t.Fatalf("no %s in the catalogue", f)
	}
	return d
}

func catalogueFields(t *testing.T, s Catalogue) {
	text := domain.FieldDef{Code: "A_1", Label: "Note", Kind: domain.Text, MaxLength: 40}
	points := domain.FieldDef{Code: "POINTS", Label: "Points", Kind: domain.Number, Decimals: 3}
	food := domain.FieldDef{Code: "FOOD", Label: "Food", Kind: domain.SingleChoice, Values: []domain.Choice{{Code: "BREAD", Label: "Bread", Labels: map[string]string{"fr": "Pain"}}}}
	known(t, s, opera, mailingDef, genreDef, text, points, food)
	want := []domain.FieldDef{text, food, genreDef, mailingDef, points} // ordered by code
	for i := range want {
		want[i].Version = 1
	}
	same(t, "fields", catalogue(t, s, opera).Fields, want)
}

func catalogueVersions(t *testing.T, s Catalogue) {
	known(t, s, opera, genreDef)
	refused(t, "create again", s.PutField(t.Context(), opera, genreDef), fault.Conflict, "exists")
	d := field(t, s, opera, genre)
	d.Label = "Music"
	must(t, s.PutField(t.Context(), opera, d))
	refused(t, "the version before", s.PutField(t.Context(), opera, d), fault.Conflict, "changed")
	d.Version = 2
	same(t, "field", field(t, s, opera, genre), d)
	d.Code = "OTHER"
	refused(t, "a version of a missing one", s.PutField(t.Context(), opera, d), fault.Conflict, "changed")
	if n := len(catalogue(t, s, opera).Fields); n != 1 {
		t.Errorf("%d fields, want 1", n)
	}
	d = field(t, s, opera, genre)
	var won counter
	together(8, func(i int) {
		d := d
		d.Label = fmt.Sprint(i)
		err := s.PutField(t.Context(), opera, d)
		if err != nil && fault.KindOf(err) != fault.Conflict {
			t.Errorf("put: %v", err)
		}
		won.add(err == nil)
	})
	if won.n != 1 {
		t.Errorf("%d of 8 replaced the same version", won.n)
	}
}

func catalogueCodeTaken(t *testing.T, s Catalogue) {
	known(t, s, opera, genreDef, mailingDef)
	refused(t, "an authorisation with a criterion's code",
		s.PutField(t.Context(), opera, domain.FieldDef{Code: "GENRE", Kind: domain.Authorisation}), fault.Conflict, "codeTaken")
	refused(t, "a criterion with an authorisation's code",
		s.PutField(t.Context(), opera, domain.FieldDef{Code: "MAILING", Kind: domain.YesNo}), fault.Conflict, "codeTaken")
	refused(t, "also with the version", s.PutField(t.Context(), opera, domain.FieldDef{Code: "MAILING", Kind: domain.YesNo, Version: 1}), fault.Conflict, "codeTaken")
	refused(t, "delete in the other room", s.DeleteField(t.Context(), opera, "criterion:MAILING"), fault.NotFound, "notFound")
	// A criterion may change its kind.
	d := field(t, s, opera, genre)
	d.Kind = domain.MultiChoice
	must(t, s.PutField(t.Context(), opera, d))
	must(t, s.DeleteField(t.Context(), opera, genre))
	must(t, s.PutField(t.Context(), opera, domain.FieldDef{Code: "GENRE", Kind: domain.Authorisation}))
}

func catalogueMarkUsed(t *testing.T, s Catalogue) {
	known(t, s, opera, genreDef, mailingDef)
	mark := func(used map[domain.Field][]string) {
		t.Helper()
		must(t, s.MarkUsed(t.Context(), opera, used))
	}
	mark(nil)
	mark(map[domain.Field][]string{genre: {"ROCK", "JAZZ"}, mailing: nil})
	d := field(t, s, opera, genre)
	same(t, "genre", []any{d.Used, d.UsedValues, d.Values}, []any{true, []string{"JAZZ", "ROCK"}, genreDef.Values})
	if d := field(t, s, opera, mailing); !d.Used || len(d.UsedValues) != 0 {
		t.Errorf("mailing is %+v", d)
	}
	version := d.Version
	mark(map[domain.Field][]string{genre: {"ROCK"}, mailing: nil})
	mark(map[domain.Field][]string{genre: nil})
	if d := field(t, s, opera, genre); d.Version != version {
		t.Errorf("marking what is marked made version %d of %d", d.Version, version)
	}
	mark(map[domain.Field][]string{genre: {"ROCK", "POP", "ROCK"}})
	d = field(t, s, opera, genre)
	same(t, "used values", d.UsedValues, []string{"JAZZ", "POP", "ROCK"})

	// Whoever removes a value must have seen that it is not used.
	stale := d
	stale.Version = version
	refused(t, "a definition read before it was marked", s.PutField(t.Context(), opera, stale), fault.Conflict, "changed")
	d.Used, d.UsedValues, d.Label = false, nil, "Music"
	must(t, s.PutField(t.Context(), opera, d))
	d = field(t, s, opera, genre)
	same(t, "still used", []any{d.Used, d.UsedValues, d.Label}, []any{true, []string{"JAZZ", "POP", "ROCK"}, "Music"})

	for _, f := range []domain.Field{"criterion:NONE", "criterion:MAILING", "authorisation:GENRE"} {
		refused(t, "mark "+string(f), s.MarkUsed(t.Context(), opera, map[domain.Field][]string{f: nil}), fault.NotFound, "notFound")
	}
}

func catalogueMarkUsedRaces(t *testing.T, s Catalogue) {
	d := genreDef
	d.Values = nil
	var want []string
	for i := range 16 {
		code := fmt.Sprintf("V%02d", i)
		d.Values, want = append(d.Values, domain.Choice{Code: code}), append(want, code)
	}
	known(t, s, opera, d)
	together(16, func(i int) {
		if err := s.MarkUsed(t.Context(), opera, map[domain.Field][]string{genre: {want[i], want[(i+1)%16]}}); err != nil {
			t.Errorf("mark: %v", err)
		}
	})
	same(t, "used values", field(t, s, opera, genre).UsedValues, want)
}

func catalogueDelete(t *testing.T, s Catalogue) {
	known(t, s, opera, genreDef, mailingDef)
	refused(t, "missing", s.DeleteField(t.Context(), opera, "criterion:NONE"), fault.NotFound, "notFound")
	must(t, s.MarkUsed(t.Context(), opera, map[domain.Field][]string{genre: {"ROCK"}}))
	refused(t, "used", s.DeleteField(t.Context(), opera, genre), fault.Conflict, "inUse")
	field(t, s, opera, genre)
	must(t, s.DeleteField(t.Context(), opera, mailing))
	refused(t, "deleted", s.DeleteField(t.Context(), opera, mailing), fault.NotFound, "notFound")
	if _, ok := catalogue(t, s, opera).Lookup(mailing); ok {
		t.Error("it is still there")
	}
	refused(t, "mark what was deleted", s.MarkUsed(t.Context(), opera, map[domain.Field][]string{mailing: nil}), fault.NotFound, "notFound")
}

func target(id, name string) domain.Target {
	return domain.Target{ID: id, Name: name, Condition: []byte(`{"field":"criterion:GENRE","op":"is","value":"ROCK"}`),
		CreatedAt: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC), CreatedBy: "anna", Request: "digest"}
}

func catalogueTargets(t *testing.T, s Catalogue) {
	_, err := s.Target(t.Context(), opera, "t1")
	refused(t, "missing", err, fault.NotFound, "notFound")
	must(t, s.PutTarget(t.Context(), opera, target("t1", "Rock fans")))
	got, err := s.Target(t.Context(), opera, "t1")
	must(t, err)
	want := target("t1", "Rock fans")
	want.Version = 1
	same(t, "target", got, want)
	refused(t, "create again", s.PutTarget(t.Context(), opera, target("t1", "X")), fault.Conflict, "exists")
	got.Name = "Fans of rock"
	must(t, s.PutTarget(t.Context(), opera, got))
	refused(t, "the version before", s.PutTarget(t.Context(), opera, got), fault.Conflict, "changed")
	got.ID = "t2"
	refused(t, "a version of a missing one", s.PutTarget(t.Context(), opera, got), fault.Conflict, "changed")
	got, err = s.Target(t.Context(), opera, "t1")
	must(t, err)
	if got.Version != 2 || got.Name != "Fans of rock" {
		t.Errorf("target is %+v", got)
	}
	must(t, s.DeleteTarget(t.Context(), opera, "t1"))
	refused(t, "deleted", s.DeleteTarget(t.Context(), opera, "t1"), fault.NotFound, "notFound")
	_, err = s.Target(t.Context(), opera, "t1")
	refused(t, "deleted", err, fault.NotFound, "notFound")
}

func catalogueTargetPages(t *testing.T, s Catalogue) {
	names := []string{"alpha", "Álpha two", "beta", "Beta", "zeta", "Ähnlich", "", "10"}
	for i, n := range names {
		must(t, s.PutTarget(t.Context(), opera, target(fmt.Sprintf("t%d", i), n)))
	}
	must(t, s.PutTarget(t.Context(), club, target("other", "another's")))
	for _, limit := range []int{1, 3, 8, 20} {
		var got []string
		for _, tg := range paged(t, limit, func(limit int, cursor string) ([]domain.Target, string, error) {
			return s.Targets(t.Context(), opera, limit, cursor)
		}) {
			got = append(got, tg.Name)
		}
		same(t, fmt.Sprintf("targets by %d", limit), got, []string{"", "10", "Ähnlich", "alpha", "Álpha two", "beta", "Beta", "zeta"})
	}
	ts, _, err := s.Targets(t.Context(), "nobody", 10, "")
	must(t, err)
	same(t, "no targets", ts, []domain.Target{})
}

func catalogueInstitutions(t *testing.T, s Catalogue) {
	known(t, s, opera, genreDef)
	known(t, s, club, mailingDef)
	must(t, s.PutTarget(t.Context(), club, target("t1", "Another's")))
	refused(t, "delete another's field", s.DeleteField(t.Context(), opera, mailing), fault.NotFound, "notFound")
	refused(t, "mark another's field", s.MarkUsed(t.Context(), opera, map[domain.Field][]string{mailing: nil}), fault.NotFound, "notFound")
	_, err := s.Target(t.Context(), opera, "t1")
	refused(t, "another's target", err, fault.NotFound, "notFound")
	refused(t, "delete another's target", s.DeleteTarget(t.Context(), opera, "t1"), fault.NotFound, "notFound")
	if c := catalogue(t, s, opera); len(c.Fields) != 1 || c.Fields[0].Code != "GENRE" {
		t.Errorf("fields are %+v", c.Fields)
	}
}

func catalogueLarge(t *testing.T, s Catalogue) {
	// Over 1 MB: an implementation that reads in pages reads several.
	must(t, s.PutSettings(t.Context(), opera, settings))
	var want []string
	for i := range 30 {
		d := domain.FieldDef{Code: fmt.Sprintf("C%02d", i), Label: "Many", Kind: domain.MultiChoice}
		for v := range 500 {
			d.Values = append(d.Values, domain.Choice{Code: fmt.Sprintf("V%03d", v), Label: strings.Repeat("é", 30)})
		}
		must(t, s.PutField(t.Context(), opera, d))
		want = append(want, d.Code)
	}
	var got []string
	for _, d := range catalogue(t, s, opera).Fields {
		if len(d.Values) != 500 {
			t.Fatalf("%s has %d values", d.Code, len(d.Values))
		}
		got = append(got, d.Code)
	}
	if !slices.Equal(got, want) {
		t.Errorf("fields are %v", got)
	}
}
