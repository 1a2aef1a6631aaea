// Package flow lists what the steps of an import hand on to each other: inputs
// and answers, the keys of the objects between them, and the form of those
// objects. Reading it explains the machine.
//
//	start  -> machine: Run
//	plan   -> Planned; objects: Plan, chunks (Row), duplicates, manifest of Chunk
//	chunk  <- Chunk;   object: results (Result … Summary)
//	finish <- Finish;  objects: errors.csv, changes.csv, undo.csv, problem pages
package flow

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Version is that of every message and object here. A step that meets another
// one refuses it, so that a deployment in the middle of an import is seen.
const Version = 2

// UploadLife is how long an import's file can be posted to its form.
const UploadLife = time.Hour

// Run is the machine's input: one round of an import. The execution's name is
// that of the round.
type Run struct {
	Version     int                  `json:"version"`
	Institution domain.InstitutionID `json:"institution"`
	Import      string               `json:"import"`
	Round       int                  `json:"round,omitempty"`
}

// RunOf is the present round of an import.
func RunOf(i *domain.Import) Run { return Run{Version, i.Institution, i.ID, i.Round} }

// NewRun returns the machine's input for the import's present round, as JSON.
func NewRun(i domain.Import) []byte {
	b, err := json.Marshal(RunOf(&i))
	if err != nil {
		panic(err) // four plain strings and numbers
	}
	return b
}

// Over reports whether the import has ended, or is in another round than the
// message: then nothing is left to do for it.
func (r Run) Over(i *domain.Import) bool { return i.Status.Final() || r.Round != i.Round }

// Check refuses a message of another version.
func (r Run) Check() error {
	if r.Version != Version {
		return fault.New(fault.Internal, "messageVersion", Version, r.Version)
	}
	return nil
}

// LogAttributes say which import a step works on.
func (r Run) LogAttributes() []slog.Attr {
	out := []slog.Attr{slog.String("institution", string(r.Institution)), slog.String("import", r.Import)}
	if r.Round > 0 {
		out = append(out, slog.Int("round", r.Round))
	}
	return out
}

// Planned is plan's answer: counts and keys, never rows.
type Planned struct {
	Run
	Chunks   int    `json:"chunks"`
	Rejected bool   `json:"rejected"`
	Queued   bool   `json:"queued"`   // no slot is free yet: plan is to be asked again
	AtOnce   int    `json:"atOnce"`   // how many chunks the map runs at the same time
	Manifest string `json:"manifest"` // key in the files bucket: a JSON list of Chunk
	// Only is the chunk of an import that has a single one: the machine runs it
	// itself, without the map, whose start and end take longer than such a chunk.
	Only *Chunk `json:"only,omitempty"`
}

// Chunk is the input of one child of the map, or of the only chunk.
type Chunk struct {
	Run
	Chunk int `json:"chunk"`
}

// LogAttributes say which chunk of which import the step works on.
func (c Chunk) LogAttributes() []slog.Attr {
	return append(c.Run.LogAttributes(), slog.Int("chunk", c.Chunk))
}

// Finish is finish's input. Failed is what a Catch put there: the step's error.
type Finish struct {
	Run
	Failed json.RawMessage `json:"failed,omitempty"`
}

// Template is the input of the function that makes a template.
type Template struct {
	Version     int                  `json:"version"`
	Institution domain.InstitutionID `json:"institution"`
	Template    string               `json:"template"`
}

// LogAttributes say which template it is.
func (t Template) LogAttributes() []slog.Attr {
	return []slog.Attr{slog.String("institution", string(t.Institution)), slog.String("template", t.Template)}
}

// KeyColumn is the header of the column that names the contact, and UndoColumn
// that of the column by which an undo file takes back created contacts.
const (
	KeyColumn  = "Contact"
	UndoColumn = "[undo] created"
)

// Role is what a column is for.
type Role string

// The roles of columns.
const (
	KeyRole   Role = "key"
	InfoRole  Role = "info"
	OldRole   Role = "old"
	NewRole   Role = "new"
	ErrorRole Role = "error"
	UndoRole  Role = "undo" // the import whose creation of the contact the row takes back
)

// Column is one column of the uploaded file, resolved.
type Column struct {
	Name  string       `json:"name"`           // as in the file's header
	Ours  string       `json:"ours,omitempty"` // what we call it, where the file does not
	Role  Role         `json:"role"`
	Field domain.Field `json:"field,omitempty"` // for old, new, and the e-mail's info column
	Order string       `json:"order,omitempty"` // of day and month in a column of days, as package day has it
	// Found is a column that the file does not have: the numbers of the contacts
	// that were found by another one. Name is that one's.
	Found bool   `json:"found,omitempty"`
	Sign  string `json:"sign,omitempty"` // before decimals in a column of numbers, as package field has it
	// Starts are the one, two and three digits with which most numbers begin in a column
	// of telephone numbers none of which is written as at home, with blanks between.
	Starts string `json:"starts,omitempty"`
}

// Plan is what plan found out about the file.
type Plan struct {
	Version  int                 `json:"version"`
	Columns  []Column            `json:"columns"`
	Headers  []domain.Header     `json:"headers,omitempty"` // of all columns, also those left out
	Chunks   []ChunkRef          `json:"chunks"`
	Rows     int                 `json:"rows"`
	Detected domain.Detected     `json:"detected"`
	Warnings []domain.Warning    `json:"warnings,omitempty"`
	Problem  *domain.FileProblem `json:"problem,omitempty"` // the file is rejected
	// Read is the round whose plan read the file: a later one has the rows that
	// were left, in the same chunks.
	Read int `json:"read,omitempty"`
	// After are the rounds that it goes on from, oldest first: each has an account.
	After []int `json:"after,omitempty"`
	// Corrected says that the file as it was corrected is stored too.
	Corrected bool `json:"corrected,omitempty"`
}

// ChunkRef is one chunk object.
type ChunkRef struct {
	Rows      int `json:"rows"`
	FirstLine int `json:"firstLine"`
	LastLine  int `json:"lastLine"`
	// Duplicates says that there is an object of Duplicates for it.
	Duplicates bool `json:"duplicates,omitempty"`
}

// Duplicates are the rows of one chunk whose contact stands on other lines too,
// by line number.
type Duplicates map[int]Duplicate

// Duplicate says which other lines name the same contact (the first 20).
type Duplicate struct {
	Others []int `json:"others"`
	// Differ says that they do not all ask for the same.
	Differ bool `json:"differ"`
	// First says that this is the first of identical lines: it counts.
	First bool `json:"first"`
	// Person says that the lines have no number, but would create one person; of
	// an import that allows that, that they have one e-mail address.
	Person bool `json:"person,omitempty"`
	// Merged says that a merged cell covers a [new] cell of the line: what it is
	// meant to be nobody can say.
	Merged bool `json:"merged,omitempty"`
}

// The ids in keys are those of rounds, domain.RunID, but for results.
func importKey(in domain.InstitutionID, id, rest string) string {
	return fmt.Sprintf("imports/%s/%s/%s", in, id, rest)
}

// PlanKey is where the [Plan] of an import is.
func PlanKey(in domain.InstitutionID, id string) string { return importKey(in, id, "plan.json") }

// ManifestKey is where the list of an import's chunks is, for the map to read.
func ManifestKey(in domain.InstitutionID, id string) string {
	return importKey(in, id, "manifest.json")
}

// ChunkKey is where the rows of chunk n are.
func ChunkKey(in domain.InstitutionID, id string, n int) string {
	return importKey(in, id, fmt.Sprintf("chunks/%05d.rows", n))
}

// DuplicatesKey is where the duplicates among the rows of chunk n are.
func DuplicatesKey(in domain.InstitutionID, id string, n int) string {
	return importKey(in, id, fmt.Sprintf("chunks/%05d.duplicates.json", n))
}

// ResultKey is the key of results of chunk n in a round, by the name of who writes
// them: every writer has one of its own, and the chunk's state says which counts.
func ResultKey(in domain.InstitutionID, id string, round, n int, writer string) string {
	return importKey(in, id, fmt.Sprintf("results/%d/%05d.%s", round, n, writer))
}

// CorrectionsKey is where the corrections are that an import was made with: a JSON
// list of [domain.Correction].
func CorrectionsKey(in domain.InstitutionID, id string) string {
	return importKey(in, id, "corrections.json")
}

// DraftKey is where a recipe is that people are working on, by the name of what
// saved it.
func DraftKey(in domain.InstitutionID, id, save string) string {
	return importKey(in, id, "drafts/"+save+".json")
}

// FileOf is where a result file is that the user fetches of an import: of the round
// that is accounted for, but for the corrected file, which all rounds share.
func FileOf(i domain.Import, name string) string {
	if name == Corrected {
		return FileKey(i.Institution, i.ID, name)
	}
	return FileKey(i.Institution, i.AccountID(), name)
}

// CorrectedKey is where plan tells how many cells each correction changed: a JSON
// list of numbers.
func CorrectedKey(in domain.InstitutionID, id string) string {
	return importKey(in, id, "corrected.json")
}

// Corrected is the name of the file as it was corrected among an import's files.
const Corrected = "corrected"

// Original is the name of the uploaded file among an import's files.
const Original = "original"

// ErrorsBook is the name of the errors as a workbook among an import's files.
const ErrorsBook = "errors.xlsx"

// FileName is what a result file is called: errors, changes or undo with .csv
// behind it.
func FileName(name string) string {
	if name == ErrorsBook {
		return name
	}
	return name + ".csv"
}

// FileType is the media type of a result file.
func FileType(name string) string {
	if name == ErrorsBook {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// FileKey is where a result file is: errors, changes or undo.
func FileKey(in domain.InstitutionID, id, name string) string {
	return importKey(in, id, FileName(name))
}

// The lists that problems are stored as beside the one of them all: equal ones
// together, and the rows that have them.
const (
	groupPages = "groups/"
	rowPages   = "rows/"
)

func problemPageKey(in domain.InstitutionID, id, kind string, n int) string {
	return importKey(in, id, fmt.Sprintf("problems/%s%05d.json", kind, n))
}

func problemIndexKey(in domain.InstitutionID, id, kind string) string {
	return importKey(in, id, "problems/"+kind+"index.json")
}

// UploadKey is where a browser posts an import's file in the uploads bucket.
func UploadKey(in domain.InstitutionID, id string) string {
	return fmt.Sprintf("uploads/%s/%s", in, id)
}

// TemplateKey is where a template's zip is.
func TemplateKey(in domain.InstitutionID, id, fileName string) string {
	return fmt.Sprintf("templates/%s/%s/%s", in, id, fileName)
}
