package domain

import "time"

// Mapping is what an institution has said of the columns of files with certain
// headers. The next file with these headers is read by it.
type Mapping struct {
	ID       string // of the type of data and the headers
	DataType DataType
	// Columns is as in a Recipe.
	Columns map[string]string
	Reading
	CreatedAt time.Time
	// Import is the last update that was read so, UsedAt and UsedBy when and whose.
	Import string
	UsedAt time.Time
	UsedBy Who
}

// Reading is what an institution has said of how files with certain headers are
// read, as in a Recipe; each is "" where nothing was said.
type Reading struct {
	DateOrder   string `json:",omitempty"`
	DecimalSign string `json:",omitempty"`
	Country     string `json:",omitempty"`
	MatchBy     string `json:",omitempty"`
}

// Reading is what the recipe says of how the file is read.
func (r *Recipe) Reading() Reading {
	return Reading{DateOrder: r.DateOrder, DecimalSign: r.DecimalSign, Country: r.Country, MatchBy: r.MatchBy}
}

// Remember fills in what the recipe does not say, and returns what that was.
func (r *Recipe) Remember(was Reading) (added Reading) {
	for _, x := range []struct {
		is, added *string
		was       string
	}{
		{&r.DateOrder, &added.DateOrder, was.DateOrder}, {&r.DecimalSign, &added.DecimalSign, was.DecimalSign},
		{&r.Country, &added.Country, was.Country}, {&r.MatchBy, &added.MatchBy, was.MatchBy},
	} {
		if *x.is == "" && x.was != "" {
			*x.is, *x.added = x.was, x.was
		}
	}
	return added
}

// MappingDays is how long a mapping is remembered after it was last used: a list
// that comes once a year is still known.
const MappingDays = 800

// Ends is when the mapping is forgotten.
func (m Mapping) Ends() time.Time { return m.UsedAt.AddDate(0, 0, MappingDays) }

// Due is never.
func (Mapping) Due() time.Time { return time.Time{} }
