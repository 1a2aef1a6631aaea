package domain

import "time"

// Audited is one entry of the record of who did what. It is written once and
// never changed.
type Audited struct {
	ID      string // sorts by time
	At      time.Time
	Who     Who
	Action  string // an operation of the API, signIn, or drop
	Object  string // the address of what it was done to
	Outcome string // done, or the code of what it was refused or failed for
	IP      string
	Details map[string]string `json:",omitempty"`
	EndsAt  time.Time         // when it is forgotten
}

// AuditDays is how long entries are kept where the settings say nothing; they may
// say LeastAuditDays to MostAuditDays.
const (
	AuditDays      = 730
	LeastAuditDays = 90
	MostAuditDays  = 3650
)
