package domain

import (
	"fmt"
	"slices"
	"strings"

	"rollbook/internal/domain/reason"
)

// Kind is what values a field takes.
type Kind string

// The kinds of a criterion, and the two that are no criteria.
const (
	SingleChoice  Kind = "choice"
	MultiChoice   Kind = "multichoice"
	YesNo         Kind = "yesno"
	Text          Kind = "text"
	Date          Kind = "date"
	Number        Kind = "number"
	Authorisation Kind = "authorisation"
	ContactText   Kind = "contact"
)

// Kinds are all of them.
var Kinds = []Kind{SingleChoice, MultiChoice, YesNo, Text, Date, Number, Authorisation, ContactText}

// UnmarshalText reads a kind. One that there is not is an error, so that what a
// newer version has written is not taken for something else.
func (k *Kind) UnmarshalText(text []byte) error {
	if !slices.Contains(Kinds, Kind(text)) {
		return fmt.Errorf("there is no kind of field called %q", text)
	}
	*k = Kind(text)
	return nil
}

// Languages are those that Rollbook speaks, the one that stands in for any other
// first.
var Languages = reason.Languages

// The limits of a catalogue, in characters (runes after NFC) where texts are meant.
const (
	MaxCode     = 40
	MaxLabel    = 100
	MaxText     = 250 // of a text value
	MaxValues   = 500 // of one criterion, so that its definition fits one stored item
	MaxDecimals = 6
)

// Choice is one value of a choice or multichoice criterion. Contacts keep a
// retired one, but it can no longer be set.
type Choice struct {
	Code    string            `json:"code"`
	Label   string            `json:"label"`
	Labels  map[string]string `json:"labels,omitempty"` // by language, as those of a field
	Retired bool              `json:"retired,omitempty"`
}

// LabelIn returns the label in the language, else the main label.
func (c Choice) LabelIn(lang string) string {
	if l := c.Labels[lang]; l != "" {
		return l
	}
	return c.Label
}

// FieldDef is a criterion or an authorisation of an institution's catalogue.
type FieldDef struct {
	Code   string            `json:"code"`
	Label  string            `json:"label"`
	Labels map[string]string `json:"labels,omitempty"` // by language, of Languages
	Kind   Kind              `json:"kind"`
	Values []Choice          `json:"values,omitempty"` // in catalogue order
	// MaxLength of a text in characters, at most MaxText; 0 means MaxText.
	MaxLength int `json:"maxLength,omitempty"`
	// Decimals is how many decimals a number has at most, 0 to MaxDecimals.
	Decimals int `json:"decimals,omitempty"`
	// Used says that a contact has or had a value in it: then it is not deleted.
	Used bool `json:"used,omitempty"`
	// UsedValues are the codes of Values that a contact has or had.
	UsedValues []string `json:"usedValues,omitempty"`
	// Version counts the writes of the definition, for optimistic updates.
	Version int `json:"version,omitempty"`
}

// Field returns the name under which contacts hold it.
func (d FieldDef) Field() Field {
	switch d.Kind {
	case Authorisation:
		return Field(AuthorisationRoom + ":" + d.Code)
	case ContactText:
		return Field(ContactRoom + ":" + d.Code)
	}
	return Field(CriterionRoom + ":" + d.Code)
}

// Name is how files and reports call the field: the code, or for a contact's own
// field the column's name.
func (d FieldDef) Name() string {
	if d.Kind == ContactText {
		return d.Label
	}
	return d.Code
}

// NameIn is how files of the type of data call the field: in those of contacts a
// code that is the name of a column but for its case, as EMAIL is, stands with its
// room.
func (d FieldDef) NameIn(t DataType) string {
	if t == Contacts && d.Kind != ContactText {
		for _, own := range ContactFields {
			if strings.EqualFold(own.Column, d.Code) {
				return string(d.Field())
			}
		}
	}
	return d.Name()
}

// DataType returns the type of data whose files carry it.
func (d FieldDef) DataType() DataType {
	switch d.Kind {
	case Authorisation:
		return Authorisations
	case ContactText:
		return Contacts
	}
	return Criteria
}

// Choice returns the value with the code.
func (d FieldDef) Choice(code string) (Choice, bool) {
	for _, c := range d.Values {
		if c.Code == code {
			return c, true
		}
	}
	return Choice{}, false
}

// LabelIn returns the label in the language, else the main label.
func (d FieldDef) LabelIn(lang string) string {
	if l := d.Labels[lang]; l != "" {
		return l
	}
	return d.Label
}

// Order returns the codes as a multichoice Value: each once, in catalogue
// order; codes the catalogue does not know keep their order at the end.
func (d FieldDef) Order(codes []string) Value {
	out := make([]string, 0, len(codes))
	for _, c := range d.Values {
		if slices.Contains(codes, c.Code) {
			out = append(out, c.Code)
		}
	}
	for _, c := range codes {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return Value(strings.Join(out, "|"))
}

// Catalogue is what an institution knows about contacts, ordered by code.
type Catalogue struct {
	Fields   []FieldDef
	Settings Settings
}

// Settings are an institution's own choices.
type Settings struct {
	Name      string   `json:"name"`
	Language  string   `json:"language"`  // of Languages
	Separator string   `json:"separator"` // "," or ";"
	Country   string   `json:"country"`   // ISO 3166-1 alpha-2, for telephone numbers
	Titles    []string `json:"titles,omitempty"`
	// MailDomains are those that mail goes to beside the institution's users.
	MailDomains []string `json:"mailDomains,omitempty"`
	// DropEmail is told of the ends of imports from the drop folder.
	DropEmail string `json:"dropEmail,omitempty"`
	// AuditDays is how long it is remembered who did what; 0 means AuditDays.
	AuditDays int `json:"auditDays,omitempty"`
	// Limits bound the institution, UserLimits each of its users.
	Limits     Limits `json:"limits,omitzero"`
	UserLimits Limits `json:"userLimits,omitzero"`
	// ExportRole is the least of Roles that may take contacts out in bulk: fetch
	// files, page through lists. "" means operator.
	ExportRole string `json:"exportRole,omitempty"`
	// NumberDigits is the width of new contact numbers, at most MaxDigits; 0
	// means DefaultDigits.
	NumberDigits int `json:"numberDigits,omitempty"`
}

// Comma is what stands between the cells of the institution's CSV files: Separator,
// a comma where none is set.
func (s Settings) Comma() rune {
	if s.Separator == ";" {
		return ';'
	}
	return ','
}

// The width of new contact numbers.
const (
	DefaultDigits = 7
	MaxDigits     = 18
)

// Digits returns the width of new contact numbers.
func (s Settings) Digits() int {
	if s.NumberDigits <= 0 || s.NumberDigits > MaxDigits {
		return DefaultDigits
	}
	return s.NumberDigits
}

// Lookup returns the definition with the field name, also of the contact's own
// fields.
func (c *Catalogue) Lookup(f Field) (FieldDef, bool) {
	if room, _ := f.Split(); room == ContactRoom {
		return ContactDef(f)
	}
	for _, d := range c.Fields {
		if d.Field() == f {
			return d, true
		}
	}
	return FieldDef{}, false
}

// Of returns the definitions that files of the type of data carry.
func (c *Catalogue) Of(t DataType) []FieldDef {
	var out []FieldDef
	if t == Contacts {
		for _, f := range ContactFields {
			d, _ := ContactDef(f.Field)
			out = append(out, d)
		}
	}
	for _, d := range c.Fields {
		if d.DataType() == t {
			out = append(out, d)
		}
	}
	return out
}

// ValidCode tells whether s may be the code of a criterion, an authorisation
// or a value: 1 to 40 of A-Z, 0-9 and _.
func ValidCode(s string) bool {
	if len(s) == 0 || len(s) > MaxCode {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}
