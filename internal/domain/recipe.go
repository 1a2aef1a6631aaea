package domain

import (
	"maps"
	"slices"
	"time"
	"unicode/utf8"
)

// Recipe says how the bytes of an import are read and applied. With the data that
// is there it decides the result.
type Recipe struct {
	// Columns says what columns of the file are for, by their names there: a
	// column of ours, or "" to leave it out.
	Columns  map[string]string `json:"columns,omitempty"`
	Encoding string            `json:"encoding,omitempty"` // "" to detect it
	// DateOrder is that of day and month: dmy, mdy, ymd, "" for what the columns tell.
	DateOrder string `json:"dateOrder,omitempty"`
	// DecimalSign is what stands before the decimals of numbers: a point or a comma,
	// "" for what the columns tell.
	DecimalSign string     `json:"decimalSign,omitempty"`
	OnConflict  OnConflict `json:"onConflict,omitempty"`
	// Country is that of telephone numbers and postcodes of rows that name none and
	// whose contact has none; ISO 3166-1 alpha-2.
	Country string `json:"country,omitempty"`
	// Mode says whether rows of contacts may create contacts, or change those that
	// are there; "" is both.
	Mode Mode `json:"mode,omitempty"`
	// Fill leaves values that are there as they are.
	Fill bool `json:"fill,omitempty"`
	// Refusals says what becomes of an authorisation that was refused and that a
	// file without [old] would make true; "" is KeepRefusals.
	Refusals Refusals `json:"refusals,omitempty"`
	// Persons says of rows, by their lines, whether the contact that has their
	// e-mail address is the same person or another one.
	Persons map[int]Same `json:"persons,omitempty"`
	// Proof is kept with each authorisation that the import sets.
	Proof string `json:"proof,omitempty"`
	// MatchBy is the code of a text criterion by which contacts are found, as the
	// number that another system gave them; "" for none.
	MatchBy string `json:"matchBy,omitempty"`
	// Corrections change cells as the file is read; nil for none.
	Corrections *Corrections `json:"corrections,omitempty"`
	// AllowSamePerson lets rows of contacts create several contacts with one
	// e-mail address, or one name and birth date.
	AllowSamePerson bool `json:"allowSamePerson,omitempty"`
}

// The choices of a recipe, besides none.
var (
	DateOrders   = []string{"dmy", "mdy", "ymd"}
	DecimalSigns = []string{"point", "comma"}
	ConflictWays = []OnConflict{Skip, Overwrite}
	Modes        = []Mode{CreateAndUpdate, CreateOnly, UpdateOnly}
	RefusalWays  = []Refusals{KeepRefusals, OverrideRefusals}
	Sames        = []Same{SamePerson, AnotherPerson}
)

// MaxPersons is of how many rows' persons a recipe may say something.
const MaxPersons = 5000

// Wrong returns the members that have what no recipe may have, in order. Whether
// there is such a country, or an encoding, those say who know them.
func (r Recipe) Wrong() []string {
	var out []string
	for _, x := range []struct {
		member string
		good   bool
	}{
		{"columns", ColumnBytes(r.Columns) <= MaxColumnBytes},
		{"dateOrder", oneOf(r.DateOrder, DateOrders)},
		{"decimalSign", oneOf(r.DecimalSign, DecimalSigns)},
		{"matchBy", len(r.MatchBy) <= MaxCode},
		{"mode", oneOf(r.Mode, Modes)},
		{"onConflict", oneOf(r.OnConflict, ConflictWays)},
		{"persons", len(r.Persons) <= MaxPersons && !slices.ContainsFunc(slices.Collect(maps.Values(r.Persons)), func(s Same) bool { return !slices.Contains(Sames, s) })},
		{"proof", utf8.RuneCountInString(r.Proof) <= MaxText},
		{"refusals", oneOf(r.Refusals, RefusalWays)},
	} {
		if !x.good {
			out = append(out, x.member)
		}
	}
	return out
}

// oneOf reports whether v is none or one of the choices.
func oneOf[T ~string](v T, choices []T) bool { return v == "" || slices.Contains(choices, v) }

// MaxColumnBytes is the most that a recipe may say of columns, by ColumnBytes: what an
// import can remember.
const MaxColumnBytes = 64 << 10

// ColumnBytes is how long what a recipe says of columns is.
func ColumnBytes(columns map[string]string) int {
	size := 0
	for name, ours := range columns {
		size += len(name) + len(ours)
	}
	return size
}

// RecipeName is what the recipe of a folder of the drop folder is called.
const RecipeName = "recipe.json"

// Mode is what an import of contacts may do.
type Mode string

// The modes.
const (
	CreateAndUpdate Mode = "createAndUpdate"
	CreateOnly      Mode = "create"
	UpdateOnly      Mode = "update"
)

// Refusals is what becomes of authorisations that were refused.
type Refusals string

// The ways.
const (
	KeepRefusals     Refusals = "keep"
	OverrideRefusals Refusals = "override"
)

// Same says whether two are one person.
type Same string

// The answers.
const (
	SamePerson    Same = "same"
	AnotherPerson Same = "another"
)

// Header is one column of an import's file and what it was taken for.
type Header struct {
	Name string `json:"name"`
	// Samples are the first values, at most five; none of a column that is left out.
	Samples []string `json:"samples"`
	// Column is the column of ours, "" for none.
	Column string `json:"column"`
	By     By     `json:"by"`
	// Suggestions are columns of ours that may be meant.
	Suggestions []string `json:"suggestions"`
}

// By says by what a column was recognised.
type By string

// The ways.
const (
	ByName    By = "name"       // it has the name of a column of ours
	BySynonym By = "synonym"    // people and other programs call it so
	ByMemory  By = "remembered" // it was said of an earlier file with these headers
	ByGiven   By = "given"      // the recipe says so
	ByLeftOut By = "leftOut"    // the recipe leaves it out, or it has no value
	ByNone    By = "none"       // nobody knows it
)

// Learnt is what an import's file teaches about files with its headers, by what
// its recipe and an earlier mapping say of its columns.
type Learnt struct {
	Mapping string            // its id, "" where there is nothing to learn
	Columns map[string]string // as in a Recipe
	Reading
	At time.Time // when the earlier mapping was last used, if there was one
	// Elsewhere says that the file's numbers are another system's.
	Elsewhere bool `json:",omitempty"`
}
