package domain

import "time"

// Mapping is what an institution has said of the columns of files with certain
// headers. The next file with these headers is read by it.
type Mapping struct {
	ID       string // of the type of data and the headers
	DataType DataType
	// Columns is as in a Recipe.
	Columns   map[string]string
	CreatedAt time.Time
	// Import is the last update that was read so, UsedAt and UsedBy when and whose.
	Import string
	UsedAt time.Time
	UsedBy Who
}

// MappingDays is how long a mapping is remembered after it was last used: a list
// that comes once a year is still known.
const MappingDays = 800

// Ends is when the mapping is forgotten.
func (m Mapping) Ends() time.Time { return m.UsedAt.AddDate(0, 0, MappingDays) }

// Due is never.
func (Mapping) Due() time.Time { return time.Time{} }
