package domain

import "time"

// ChangeMargin is how long before now changes may still be noted with a time that
// has passed: a call is tried for two minutes, and clocks differ. Whoever asks for
// changes again asks for those from that much earlier on.
const ChangeMargin = 3 * time.Minute

// ChangesReach is for how long changes are kept.
const ChangesReach = 90 * 24 * time.Hour

// Change tells that a contact was made, changed, deleted or brought back.
type Change struct {
	Number ContactNumber
	// At is when that was noted, which is at the change or after it; zero where all
	// contacts are told.
	At time.Time
	// Contact is the contact as it is now, nil if it is deleted.
	Contact *Contact
}

// Changes is one page of changes.
type Changes struct {
	Items []Change
	Next  string // the cursor of the next page, empty on the last one
	// Until is on the last page the time to ask from the next time.
	Until time.Time
}
