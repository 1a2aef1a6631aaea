package domain

import "time"

// Limits bound what an institution, or one of its users, may do. 0 means what
// is usual.
type Limits struct {
	ImportsAtOnce   int `json:"importsAtOnce,omitempty"`
	RowsADay        int `json:"rowsADay,omitempty"`
	MailsADay       int `json:"mailsADay,omitempty"`
	DeletionsAnHour int `json:"deletionsAnHour,omitempty"`
	PreviewsAtOnce  int `json:"previewsAtOnce,omitempty"`
}

// What is usual where the settings say nothing, and the most they may say.
var (
	InstitutionLimits = Limits{ImportsAtOnce: 500, RowsADay: 20_000_000, MailsADay: 2000, DeletionsAnHour: 300, PreviewsAtOnce: 20}
	UserLimits        = Limits{ImportsAtOnce: 300, RowsADay: 20_000_000, MailsADay: 1000, DeletionsAnHour: 100, PreviewsAtOnce: 10}
	MostLimits        = Limits{ImportsAtOnce: 500, RowsADay: 100_000_000, MailsADay: 10_000, DeletionsAnHour: 10_000, PreviewsAtOnce: 100}
)

// Or returns the limits with those of m where there are none.
func (l Limits) Or(m Limits) Limits {
	for _, x := range [][2]*int{
		{&l.ImportsAtOnce, &m.ImportsAtOnce}, {&l.RowsADay, &m.RowsADay}, {&l.MailsADay, &m.MailsADay},
		{&l.DeletionsAnHour, &m.DeletionsAnHour}, {&l.PreviewsAtOnce, &m.PreviewsAtOnce},
	} {
		if *x[0] == 0 {
			*x[0] = *x[1]
		}
	}
	return l
}

// Usage counts what was done in a stretch of time, or is under way: then each
// has a name, and a time after which it no longer counts.
type Usage struct {
	Count  int
	Leases map[string]time.Time
	EndsAt time.Time
}

// Ends is EndsAt.
func (u Usage) Ends() time.Time { return u.EndsAt }

// Due is never.
func (Usage) Due() time.Time { return time.Time{} }

// Key lets a machine in as an institution's operator or viewer. Only a hash of
// its secret is kept.
type Key struct {
	ID        string
	Name      string
	Role      string
	Hash      []byte // SHA-256 of the secret, which is random and long
	CreatedAt time.Time
	CreatedBy Who
	ExpiresAt time.Time // zero for never
}

// Ends is when the key no longer lets anybody in, the zero time for never.
func (k Key) Ends() time.Time { return k.ExpiresAt }

// Due is never.
func (Key) Due() time.Time { return time.Time{} }
