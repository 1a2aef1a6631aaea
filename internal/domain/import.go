package domain

import (
	"strconv"
	"time"

	"rollbook/internal/domain/reason"
	"rollbook/internal/domain/text"
)

// DataType is what a file is about.
type DataType string

// The types of data.
const (
	Contacts       DataType = "contacts"
	Criteria       DataType = "criteria"
	Authorisations DataType = "authorisations"
)

// DataTypes are all of them.
var DataTypes = []DataType{Contacts, Criteria, Authorisations}

// Action is what an import does with its file.
type Action string

// The actions.
const (
	Test   Action = "test"   // nothing is written
	Update Action = "update" // bulk update of the data
)

// Actions are all of them.
var Actions = []Action{Test, Update}

// OnConflict is what an import does with a cell that somebody changed since.
type OnConflict string

// The conflict rules.
const (
	Skip      OnConflict = "skip"
	Overwrite OnConflict = "overwrite"
)

// Status is where an import stands.
type Status string

// The statuses. The last five are final.
const (
	Waiting    Status = "waiting" // for the file
	Checking   Status = "checking"
	Queued     Status = "queued" // for a slot: the institution has as many updates running as it may
	Running    Status = "running"
	Done       Status = "done"
	Rejected   Status = "rejected"   // the file is at fault
	Incomplete Status = "incomplete" // some rows are unprocessed, through our fault
	Failed     Status = "failed"     // all of them are
	Cancelled  Status = "cancelled"
)

// Statuses are all of them.
var Statuses = []Status{Waiting, Checking, Queued, Running, Done, Rejected, Incomplete, Failed, Cancelled}

// Final tells whether nothing more will happen.
func (s Status) Final() bool {
	return s == Done || s == Rejected || s == Incomplete || s == Failed || s == Cancelled
}

// Outcome is what became of a row. Every row has exactly one.
type Outcome string

// The outcomes.
const (
	Created       Outcome = "created"
	Updated       Outcome = "updated"
	Unchanged     Outcome = "unchanged"
	RowRejected   Outcome = "rejected"
	RowConflicted Outcome = "conflicted"
	Unprocessed   Outcome = "unprocessed"
)

// Counts is the account of an import: Rows is the sum of the others.
type Counts struct {
	Rows        int `json:"rows"`
	Created     int `json:"created"`
	Updated     int `json:"updated"`
	Unchanged   int `json:"unchanged"`
	Rejected    int `json:"rejected"`
	Conflicted  int `json:"conflicted"`
	Unprocessed int `json:"unprocessed"`
}

// Add counts one row of the outcome.
func (c *Counts) Add(o Outcome) {
	c.Rows++
	switch o {
	case Created:
		c.Created++
	case Updated:
		c.Updated++
	case Unchanged:
		c.Unchanged++
	case RowRejected:
		c.Rejected++
	case RowConflicted:
		c.Conflicted++
	default:
		c.Unprocessed++
	}
}

// Plus returns the sum of two accounts.
func (c Counts) Plus(d Counts) Counts {
	return Counts{c.Rows + d.Rows, c.Created + d.Created, c.Updated + d.Updated, c.Unchanged + d.Unchanged,
		c.Rejected + d.Rejected, c.Conflicted + d.Conflicted, c.Unprocessed + d.Unprocessed}
}

// Object is one version of one stored object.
type Object struct {
	Bucket  string `json:"bucket"`
	Key     string `json:"key"`
	Version string `json:"version,omitempty"`
	Size    int64  `json:"size,omitempty"`
}

// Problem is one thing about one row or one cell that the user must look at.
// Old, Live and New are there for a conflict only.
type Problem struct {
	Line    int     `json:"line"`
	Column  string  `json:"column"`          // the header's text, "" for the whole row
	Field   string  `json:"field,omitempty"` // CODE or column name
	Value   string  `json:"value"`
	Outcome Outcome `json:"outcome"`
	reason.Reason
	Old        *string `json:"old,omitempty"`
	Live       *string `json:"live,omitempty"`
	New        *string `json:"new,omitempty"`
	OtherLines []int   `json:"otherLines,omitempty"`
	// More says that more cells of the row are at fault than are told.
	More bool `json:"more,omitempty"`
	// Contact is whom a conflict is about.
	Contact ContactNumber `json:"contact,omitempty"`
}

// Message says in the language what is the matter.
func (p Problem) Message(lang string) string {
	s := p.Reason.Message(lang)
	if p.More {
		s += " " + reason.Word(lang, "problems.more")
	}
	return s
}

// Shown returns as much of a cell as a Problem holds: 200 characters and the …
// that stands for the rest, so that problems stay small whatever the file has. The
// whole cell is in errors.csv.
func Shown(cell string) string {
	return text.Cut(cell, 200+1)
}

// Warning is about a file that is taken all the same.
type Warning struct {
	reason.Reason
	Line   int    `json:"line,omitempty"`
	Column string `json:"column,omitempty"` // the header's text, if it is about a cell
	Times  int    `json:"times,omitempty"`  // how often it came up, if more than once
	Lines  []int  `json:"lines,omitempty"`  // where, the first 20, if more than once
}

// Message says in the language what is worth a look, where and how often.
func (w Warning) Message(lang string) string {
	s := w.Reason.Message(lang)
	if w.Column != "" {
		s = w.Column + reason.Colon(lang) + " " + s
	}
	if w.Times > 1 {
		s += " " + reason.Times(lang, w.Times)
	}
	return s
}

// FieldReport counts what an import changes in one field.
type FieldReport struct {
	Field       string       `json:"field"`
	Label       string       `json:"label"`
	Kind        Kind         `json:"kind"`
	Changes     []Transition `json:"changes"` // most frequent first
	NotCompared int          `json:"notCompared,omitempty"`
}

// Transition is one from → to with the number of contacts. Texts are not
// listed one by one: from and to are then "(text)" or "".
type Transition struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Count int    `json:"count"`
}

// Detected is what reading found out about the file.
type Detected struct {
	Format    string `json:"format,omitempty"` // csv, zip, xlsx
	Encoding  string `json:"encoding,omitempty"`
	Separator string `json:"separator,omitempty"`
	LineEnds  string `json:"lineEnds,omitempty"`
	Rows      int    `json:"rows"`
	Columns   int    `json:"columns"`
	// TemplateMadeAt is there for a template of ours.
	TemplateMadeAt *time.Time `json:"templateMadeAt,omitempty"`
}

// FileProblem says why a whole file was rejected or an import failed.
type FileProblem struct{ reason.Reason }

// Because returns the problem of a code, as reason.New makes its reason.
func Because(key string, values ...any) *FileProblem {
	return &FileProblem{reason.New(key, values...)}
}

// MailState says what became of a mail.
type MailState struct {
	Status string `json:"status,omitempty"` // "" for no mail yet, or one of the Mail constants
	// Why says why it did not go, or what the address is known for.
	Why *reason.Reason `json:"why,omitempty"`
	// Tries counts how often it was sent or refused; Since is when the first try
	// began, Last when the last one did.
	Tries int       `json:"tries,omitempty"`
	Since time.Time `json:"since,omitzero"`
	Last  time.Time `json:"last,omitzero"`
}

// Code is why it did not go as a stable word, "" if it went.
func (m MailState) Code() string {
	if m.Why == nil {
		return ""
	}
	return string(m.Why.Code)
}

// NewMailState returns the state of a mail for the reason of a code.
func NewMailState(status, key string) MailState {
	why := reason.New(key)
	return MailState{Status: status, Why: &why}
}

// Where a mail stands.
const (
	MailSending = "sending"
	MailWaiting = "waiting" // surely not sent; it is tried again at MailState.Next
	MailSent    = "sent"
	MailFailed  = "failed"
	// Ends of a mail that came back after it was sent.
	MailBounced    = "bounced"    // it could not be delivered
	MailComplained = "complained" // who got it called it spam
)

const (
	// tellFor is how long a mail or a message to a machine is tried.
	tellFor    = 24 * time.Hour
	mailSilent = time.Hour
)

// pauseAfter is how long to wait after so many tries of a mail or a message to a
// machine: 5 minutes, 10, 20 and so on.
func pauseAfter(tries int) time.Duration {
	return 5 * time.Minute << min(max(tries-1, 0), 6)
}

// Open reports whether something is still to be done for the mail: it waits to
// be tried again, or who was sending it may have died.
func (m MailState) Open() bool { return m.Status == MailWaiting || m.Status == MailSending }

// Next is when a waiting mail is tried again: after 5 minutes, 10, 20 and so on.
func (m MailState) Next() time.Time {
	return m.Last.Add(pauseAfter(m.Tries))
}

// GivenUp reports whether a mail that could not be sent now is not tried again:
// a day after its first try.
func (m MailState) GivenUp(now time.Time) bool { return now.Sub(m.Since) >= tellFor }

// Silent reports whether a mail that is being sent must be taken for one whose
// sender died: it is not known whether it went, so it is not sent again.
func (m MailState) Silent(now time.Time) bool {
	return m.Status == MailSending && now.Sub(m.Last) >= mailSilent
}

// Due reports whether the sender of the mail should look at it now.
func (m MailState) Due(now time.Time) bool {
	return m.Status == MailWaiting && !now.Before(m.Next()) || m.Silent(now)
}

// Job names one import or template.
type Job struct {
	Institution InstitutionID
	Kind        JobKind
	ID          string
}

// JobKind tells imports from templates.
type JobKind string

// The kinds of jobs.
const (
	ImportJob   JobKind = "import"
	TemplateJob JobKind = "template"
)

// Report is what reading and doing a file found that may be long. Lists of imports are
// read without it.
type Report struct {
	Headers  []Header // of the file
	Warnings []Warning
	Problems []Problem // the first 100
	Fields   []FieldReport
}

// Import is one file, one type of data, one action.
type Import struct {
	ID          string
	Institution InstitutionID
	DataType    DataType `json:",omitempty"` // "" for an object that was dropped at a path that names none
	Action      Action   `json:",omitempty"` // likewise
	FileName    string   // as the user sees it; never a path of ours
	Recipe
	Learnt      Learnt `json:",omitzero"`  // from its columns; an update is read as its test was
	Email       string `json:",omitempty"` // "" for no mail
	Note        string `json:",omitempty"` // what people wrote about it
	Language    string // of mails and messages
	Status      Status
	Cancel      bool         `json:",omitempty"` // asked for; rows not yet done become unprocessed
	Of          string       `json:",omitempty"` // the import whose bytes or undo file this one runs
	OfKind      string       `json:",omitempty"` // "", UpdateOf, UndoOf
	UpdatedBy   string       `json:",omitempty"` // the update that ran this test's bytes
	UndoneBy    string       `json:",omitempty"` // the undo of this update
	Source      Object       `json:",omitzero"`  // pinned when the file came
	Rows        int          `json:",omitempty"` // known after the check
	Chunks      int          `json:",omitempty"` // likewise
	Counts      Counts       `json:",omitzero"`
	Problem     *FileProblem `json:",omitempty"`
	Detected    *Detected    `json:",omitempty"`
	ProblemsAll int          `json:",omitempty"` // how many problems there are
	Files       []string     // errors, changes, undo, original
	Mail        MailState    `json:",omitzero"`
	CreatedAt   time.Time
	CreatedBy   Who
	StartedAt   time.Time `json:",omitzero"`
	FinishedAt  time.Time `json:",omitzero"`
	RetriedAt   time.Time `json:",omitzero"` // when its end was last asked for anew
	ExpiresAt   time.Time // when the job and its files go
	Version     int       // counts writes, for optimistic updates
	Reported    int       `json:",omitempty"` // the version that wrote the Report, 0 for none
	Ticket      Ticket    `json:",omitzero"`  // what its round writes by, from taking a slot until that is free again
	Round       int       `json:",omitempty"` // 0 for the first one; each resume is one more
	Accounted   int       `json:",omitempty"` // the round whose end Counts, Problems and Files tell of
	Account     string    `json:",omitempty"` // names the one of those that worked it out which closed it
	Report
}

// None reports whether there is nothing to tell.
func (r Report) None() bool {
	return len(r.Headers)+len(r.Warnings)+len(r.Problems)+len(r.Fields) == 0
}

// Open reports whether something is still to be done: for the import itself, for
// the mail of its end, or for the slot that it holds.
func (i Import) Open() bool { return !i.Status.Final() || i.Mail.Open() || !i.Ticket.None() }

// RunID names the import's present round: its execution, and what steps hand on.
func (i Import) RunID() string { return RunID(i.ID, i.Round) }

// AccountID names the account that Counts tell, by the keys of whose files the
// user fetches them. Where several work out the account of a round at once and
// results were lost in between, they may come to different ones; each writes under
// keys of its own, so that the files are those of the counts.
func (i Import) AccountID() string {
	if i.Account == "" {
		return RunID(i.ID, i.Accounted)
	}
	return RunID(i.ID, i.Accounted) + "/" + i.Account
}

// RunID names a round of an import: by the import's id the first one, others with
// their number behind it.
func RunID(imp string, round int) string {
	if round == 0 {
		return imp
	}
	return imp + "-" + strconv.Itoa(round)
}

// Take begins the first round of an import that waits for its file, with the
// object that came. Taking the same object again changes nothing; ok is false for
// another one, and for an import that has ended.
func (i *Import) Take(o Object, now time.Time) (ok bool) {
	if i.Status == Waiting && !i.Cancel {
		i.Status, i.Source, i.StartedAt = Checking, o, now
		return true
	}
	return i.Source == o && !i.Status.Final()
}

// Resume begins another round. What the rounds before did stays in Counts, Problems
// and Files until this one has ended.
func (i *Import) Resume(now time.Time) {
	i.Round++
	i.Status, i.Cancel, i.Problem, i.Mail = Checking, false, nil, MailState{}
	i.StartedAt, i.FinishedAt, i.RetriedAt = now, time.Time{}, time.Time{}
}

// Checked reports whether there is an account of the rows yet. Until then nothing was
// written.
func (i Import) Checked() bool { return i.Counts.Rows > 0 }

// Resumable reports whether another round may do what the import has left: it
// ended before its time, by our fault or because it was cancelled, and what it did
// was not taken back.
func (i Import) Resumable() bool {
	switch i.Status {
	case Incomplete, Failed, Cancelled:
		// Without rows it was not checked yet, and begins anew.
		return i.UndoneBy == "" && i.Source.Key != "" && (!i.Checked() || i.Counts.Unprocessed > 0)
	}
	return false
}

// What an import runs of the one that it follows.
const (
	UpdateOf = "update" // the bytes of a test
	TestOf   = "test"   // the bytes of any import, by another recipe
	UndoOf   = "undo"   // the undo file of an update
)

// TemplateStatus is where a template stands.
type TemplateStatus string

// The statuses of a template.
const (
	Preparing       TemplateStatus = "preparing"
	Ready           TemplateStatus = "ready"
	TemplateFailed  TemplateStatus = "failed"
	TemplateExpired TemplateStatus = "expired"
)

// The formats of a template's table.
const (
	FormatCSV  = "csv"
	FormatXLSX = "xlsx" // with drop-down lists and locked cells
	FormatBoth = "both" // one beside the other
)

// Template is a zipped form made for a target and a type of data.
type Template struct {
	ID          string
	Institution InstitutionID
	DataType    DataType
	TargetID    string
	TargetName  string
	Fields      []string // codes; empty means all
	// Include are the types of data whose fields a form of contacts has as well.
	Include []DataType
	// UpdatedSince leaves out contacts that were not changed since then; zero for none.
	UpdatedSince time.Time
	Format       string // FormatCSV, also when empty, FormatXLSX or FormatBoth
	Email        string
	Language     string
	Status       TemplateStatus
	Tries        int // how often making it was begun
	Contacts     int
	Bytes        int64
	File         Object
	FileName     string
	Problem      *FileProblem
	Mail         MailState
	CreatedAt    time.Time
	CreatedBy    Who
	FinishedAt   time.Time
	RetriedAt    time.Time // when it was last asked for anew
	ExpiresAt    time.Time
	Version      int
}

// TemplateLife is how long a template's file can be fetched. The job itself
// stays until ExpiresAt, which is later, so that its link can say "expired".
const TemplateLife = 30 * 24 * time.Hour

// FileEnds is when the template's file can no longer be fetched.
func (t Template) FileEnds() time.Time { return t.CreatedAt.Add(TemplateLife) }

// Open reports whether something is still to be done: for the template itself,
// or for the mail of its end.
func (t Template) Open() bool { return t.Status == Preparing || t.Mail.Open() }

// Target is a saved condition over contacts. Condition is its JSON tree, as
// package condition parses it.
type Target struct {
	ID        string
	Name      string
	Condition []byte
	CreatedAt time.Time
	CreatedBy Who
	Request   string // digest of the request that made it, if that can be repeated
	Counted   *Counted
	Version   int
}

// Counted is how many contacts a condition matched when they were last counted.
type Counted struct {
	Contacts int
	Complete bool // false if time ran out: then at least so many match
	// After is the last that was looked at, if not all were.
	After ContactNumber `json:",omitempty"`
	At    time.Time
}

// Draft is what people have decided about the next test of an import's bytes, and
// have not tested yet. One without a key is none.
type Draft struct {
	Key     string // of its recipe in the files bucket; every save has one of its own
	SavedAt time.Time
	SavedBy Who
	EndsAt  time.Time // when the import goes
}

// Ends is when the draft is forgotten.
func (d Draft) Ends() time.Time { return d.EndsAt }

// Due is never.
func (Draft) Due() time.Time { return time.Time{} }
