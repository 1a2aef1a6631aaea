package field

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"rollbook/internal/domain"
	"rollbook/internal/domain/day"
	"rollbook/internal/domain/text"
)

// An Index is a definition made ready for many cells: what its values are called
// is folded once, so that a cell costs the same however many values there are
// and whether or not it is one of them. Make one for each column. It may be used
// by several goroutines at once.
type Index struct {
	domain.FieldDef
	// Order is that of day and month in the column.
	Order day.Order
	// Sign is what stands before decimals in the column.
	Sign   Sign
	kind   *Kind
	byCode map[string]int
	places []int // each place by itself
	// What is not needed for a cell that says a code is made when first asked for.
	names    func() *names
	numbers  func() *numberIndex
	dates    func() map[dayPart][]int
	spelt    func() *spellings
	accepted func() accepted
	last     atomic.Pointer[folded]
}

// folded is a word with the forms in which it is compared, which are needed
// several times for a cell that is no value.
type folded struct{ word, key, bare string }

func (x *Index) fold(word string) *folded {
	f := x.last.Load()
	if f == nil || f.word != word {
		k := key(word)
		f = &folded{word, k, text.BareKey(k)}
		x.last.Store(f)
	}
	return f
}

// NewIndex makes the definition ready.
func NewIndex(d domain.FieldDef) *Index {
	x := &Index{FieldDef: d, kind: Of(d.Kind)}
	if !x.kind.HasValues {
		return x // which has no names to look up
	}
	x.byCode = make(map[string]int, len(d.Values))
	x.places = make([]int, len(d.Values))
	for i, c := range slices.Backward(d.Values) {
		x.places[i] = i
		x.byCode[c.Code] = i // of two with one code, the first
	}
	return x.prepared()
}

func (x *Index) prepared() *Index {
	x.names = sync.OnceValue(x.makeNames)
	x.numbers = sync.OnceValue(x.makeNumbers)
	x.dates = sync.OnceValue(x.makeDates)
	x.spelt = sync.OnceValue(x.makeSpellings)
	x.accepted = sync.OnceValue(x.makeAccepted)
	return x
}

// ParseNew reads the text of a [new] cell. A retired value is not taken, save to
// remove it from a multichoice value. With a Problem the Edit is nothing to rely
// on.
func (x *Index) ParseNew(text string) (Edit, *Warning, *Problem) {
	if Blank(text) {
		return Edit{Keep: true}, nil, nil
	}
	if p := checkUnicode(text); p != nil {
		return Edit{}, nil, p
	}
	text = trim(text)
	if !x.kind.Free && len(text) > maxCell {
		return Edit{}, nil, cellTooLong(text)
	}
	return x.kind.parseNew(text, x)
}

// ParseOld reads the text of an [old] cell. It is lenient where ParseNew is
// strict: retired values are values, and what a spreadsheet does to a code is
// undone if exactly one code fits. Known is false if the text is no value that
// the field has or had: then it equals nothing.
func (x *Index) ParseOld(text string) (v domain.Value, known bool) {
	if Blank(text) {
		return domain.Empty, true
	}
	if !utf8.ValidString(text) || len(text) > maxCell {
		return domain.Empty, false
	}
	return x.kind.parseOld(trim(text), x)
}

// Options returns the texts that a [new] cell of the field can be offered to
// choose from, each of which ParseNew takes for just that: a value as
// "CODE – Label", or its code alone where the label says nothing more or would
// read as something else; TRUE and FALSE; Empty at the end. Retired values are
// not among them. A multichoice field has its values three times: alone, which
// replaces, then after add: and after remove:, there with the retired ones. What
// is not chosen from a list has none. Labels are those of the language.
func (x *Index) Options(lang string) []string { return x.kind.options(x, lang) }

// FromJSON reads a value as the API gives it, which the kind's JSON describes.
// Null is Empty, and so are "" and an empty list. Codes are taken as they are,
// retired ones too: see NewlyRetired.
func (x *Index) FromJSON(raw json.RawMessage) (domain.Value, *Problem) {
	v, p := decode(raw)
	if v == nil || p != nil {
		return domain.Empty, p
	}
	return x.kind.fromJSON(v, x)
}

func decode(raw json.RawMessage) (any, *Problem) {
	if len(raw) == 0 {
		return nil, nil
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil || d.More() {
		return nil, no("wrongType.json")
	}
	return v, nil
}

// order returns the codes as a multichoice value, as FieldDef.Order does.
func (x *Index) order(codes []string) domain.Value {
	place := func(code string) int {
		if i, ok := x.byCode[code]; ok {
			return i
		}
		return len(x.Values)
	}
	codes = once(slices.Clone(codes))
	slices.SortStableFunc(codes, func(a, b string) int { return place(a) - place(b) })
	return domain.Value(strings.Join(codes, "|"))
}

// names are what values are called: places in Values by the three forms in which
// labels are compared, one after the other.
type names struct{ folded, keys, bare map[string][]int }

func (x *Index) makeNames() *names {
	n := &names{map[string][]int{}, map[string][]int{}, map[string][]int{}}
	add := func(m map[string][]int, name string, i int) {
		if at := m[name]; len(at) == 0 || at[len(at)-1] != i {
			m[name] = append(at, i)
		}
	}
	for i := range x.Values {
		for _, label := range labels(&x.Values[i]) {
			add(n.folded, simpleFold(label), i)
			add(n.keys, key(label), i)
			add(n.bare, bare(label), i)
		}
	}
	return n
}

// labels are what a value is called beside its code, in all languages.
func labels(c *domain.Choice) []string {
	var out []string
	if c.Label != "" {
		out = append(out, c.Label)
	}
	for _, lang := range domain.Languages {
		if l := c.Labels[lang]; l != "" && l != c.Label {
			out = append(out, l)
		}
	}
	return out
}

// simpleFold is the same for two texts exactly if strings.EqualFold says so.
func simpleFold(s string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && r != 'k' && r != 's' && r != 'K' && r != 'S' { // these two have relatives beyond ASCII
			return unicode.ToUpper(r)
		}
		least := r
		for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
			least = min(least, o)
		}
		return least
	}, s)
}

// find returns the places of the values that a word names, by the first of these
// that fits any: the code in any case, the label in any case, the label but for
// blanks and invisible characters, the label without accents.
func (x *Index) find(word string) []int {
	if len(x.Values) == 0 {
		return nil
	}
	if i, ok := x.byCode[word]; ok {
		return x.places[i : i+1]
	}
	f := x.fold(word)
	if i, ok := x.byCode[strings.ToUpper(f.key)]; ok {
		return x.places[i : i+1]
	}
	n := x.names()
	if at := n.folded[simpleFold(word)]; at != nil {
		return at
	}
	if at := n.keys[f.key]; at != nil {
		return at
	}
	return n.bare[f.bare]
}

// choices returns the values at the places.
func (x *Index) choices(places []int) []domain.Choice {
	out := make([]domain.Choice, len(places))
	for i, at := range places {
		out[i] = x.Values[at]
	}
	return out
}

// near returns the code, or Empty, that a misspelt word is meant to be.
func (x *Index) near(word string) (string, bool) { return x.spelt().nearest(x.fold(word).bare) }

func (x *Index) makeSpellings() *spellings {
	s := &spellings{}
	s.add("empty", "Empty")
	for i := range x.Values {
		c := &x.Values[i]
		if c.Retired {
			continue
		}
		s.add(bare(c.Code), c.Code)
		for _, label := range labels(c) {
			s.add(bare(label), c.Code)
		}
	}
	return s
}
