package domain

import "time"

// The most that people may write into names, addresses and settings: characters
// of a text, items of a list.
const (
	MaxName        = 100 // of an institution, a target or a key
	MaxEmail       = 254 // RFC 5321, section 4.5.3.1, less the brackets
	MaxTitle       = 60
	MaxTitles      = 50
	MaxMailDomains = 50
	MaxWebhookURL  = 2000
)

// The most that the names have by which an institution and a contact are known,
// in characters.
const (
	MaxInstitutionID = 40
	MaxContactNumber = 20
)

// How long things are kept.
const (
	// ImportLife is how long an import and its files are kept. The template's
	// lifecycle rules for objects say the same.
	ImportLife = 30 * 24 * time.Hour
	// ReturnedLife is how long it is remembered that mails to an address came back.
	ReturnedLife = 180 * 24 * time.Hour
)

// Limits bound what an institution, or one of its users, may do. 0 means what
// is usual.
type Limits struct {
	ImportsAtOnce   int `json:"importsAtOnce,omitempty"`
	RowsADay        int `json:"rowsADay,omitempty"`
	MailsADay       int `json:"mailsADay,omitempty"`
	DeletionsAnHour int `json:"deletionsAnHour,omitempty"`
	PreviewsAtOnce  int `json:"previewsAtOnce,omitempty"`
	// ContactsADay is how many contacts are shown to those who may not export.
	ContactsADay int `json:"contactsADay,omitempty"`
	// FileMegabytes is how large a file may be, in millions of bytes.
	FileMegabytes int `json:"fileMegabytes,omitempty"`
}

// What is usual where the settings say nothing, and the most they may say.
var (
	InstitutionLimits = Limits{ImportsAtOnce: 500, RowsADay: 20_000_000, MailsADay: 2000, DeletionsAnHour: 300, PreviewsAtOnce: 20, ContactsADay: 20_000, FileMegabytes: 5000}
	UserLimits        = Limits{ImportsAtOnce: 300, RowsADay: 20_000_000, MailsADay: 1000, DeletionsAnHour: 100, PreviewsAtOnce: 10, ContactsADay: 1000, FileMegabytes: 5000}
	MostLimits        = Limits{ImportsAtOnce: 500, RowsADay: 100_000_000, MailsADay: 10_000, DeletionsAnHour: 10_000, PreviewsAtOnce: 100, ContactsADay: 1_000_000, FileMegabytes: 5000}
)

// Within returns the limits with what is usual where there are none, and none above
// MostLimits.
func (l Limits) Within(usual Limits) Limits {
	for _, x := range [][3]*int{
		{&l.ImportsAtOnce, &usual.ImportsAtOnce, &MostLimits.ImportsAtOnce}, {&l.RowsADay, &usual.RowsADay, &MostLimits.RowsADay},
		{&l.MailsADay, &usual.MailsADay, &MostLimits.MailsADay}, {&l.DeletionsAnHour, &usual.DeletionsAnHour, &MostLimits.DeletionsAnHour},
		{&l.PreviewsAtOnce, &usual.PreviewsAtOnce, &MostLimits.PreviewsAtOnce}, {&l.ContactsADay, &usual.ContactsADay, &MostLimits.ContactsADay},
		{&l.FileMegabytes, &usual.FileMegabytes, &MostLimits.FileMegabytes},
	} {
		if *x[0] == 0 {
			*x[0] = *x[1]
		}
		*x[0] = min(*x[0], *x[2])
	}
	return l
}

// FileBytes is FileMegabytes in bytes.
func (l Limits) FileBytes() int64 { return int64(l.FileMegabytes) * 1_000_000 }

// ImportsADay is how many imports of a day are looked at for the limits of rows and
// imports. The drop folder takes no more; who asks the API meets its other limits.
const ImportsADay = 2000

// LastDay hands the imports made since that time to see, the newest first, and
// reports whether these were all: no more than [ImportsADay] are looked at. list
// returns a page of an institution's imports, the newest first.
func LastDay(since time.Time, list func(cursor string) (is []Import, next string, err error), see func(*Import)) (all bool, err error) {
	cursor := ""
	for seen := 0; seen < ImportsADay; {
		is, next, err := list(cursor)
		if err != nil {
			return false, err
		}
		for i := range is {
			if is[i].CreatedAt.Before(since) {
				return true, nil
			}
			see(&is[i])
		}
		if seen, cursor = seen+len(is), next; next == "" {
			return true, nil
		}
	}
	return false, nil
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
