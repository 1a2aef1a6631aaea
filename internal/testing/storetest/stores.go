// Package storetest declares what Rollbook's stores do and checks every
// implementation by the same suites. Steps do not import it: each declares the
// few methods it needs.
package storetest

import (
	"context"
	"io"
	"iter"
	"time"

	"rollbook/internal/domain"
)

// Contacts keeps contacts with their look-ups by e-mail and name. A contact of
// one institution is never seen or changed through another's id.
type Contacts interface {
	// Get returns one contact, strongly consistent, or fault kind NotFound.
	Get(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber) (domain.Contact, error)
	// GetMany returns those that exist, strongly consistent. Any number of
	// numbers; what the database leaves unprocessed is asked again, and an
	// error of kind Busy is returned rather than a contact being left out.
	GetMany(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]domain.Contact, error)
	// Put creates or replaces a contact's fields. c.Version must be that of
	// the contact as read (0 to create or to replace whatever is there).
	// Values that change get the provenance p; others keep theirs; stamps are
	// kept from what is stored. Look-ups follow, and what changed is in the
	// history. A race is kind Conflict, a deleted contact's number kind Conflict
	// "gone".
	Put(ctx context.Context, in domain.InstitutionID, c domain.Contact, p domain.Provenance) (created bool, err error)
	// Delete removes a contact with its look-ups and its history, or returns
	// kind NotFound. Its number is never used again.
	Delete(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber) error
	// Hide takes a contact away as Delete does, but leaves its history. A
	// contact that is not as it was read is kind Conflict, one that is not there
	// kind NotFound.
	Hide(ctx context.Context, in domain.InstitutionID, read domain.Contact) error
	// Restore puts a contact back that was hidden, as it was. If one is there
	// already, or never was, it is kind Conflict.
	Restore(ctx context.Context, in domain.InstitutionID, c domain.Contact) error
	// Forget removes the history of a contact that is no longer there.
	Forget(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber) error
	// NextNumber returns a number of the width that nobody has, had or is given. It
	// is given once, whoever asks and whether it is used or not.
	NextNumber(ctx context.Context, in domain.InstitutionID, digits int) (domain.ContactNumber, error)
	// Find looks up by exact number, exact e-mail (any case), or start of last
	// name (any case, accents folded), paged and ordered; q "" lists all by
	// number. cursor is opaque; one that is not ours is kind Invalid.
	Find(ctx context.Context, in domain.InstitutionID, q string, limit int, cursor string) (cs []domain.Contact, next string, err error)
	// Search pages through all contacts by number and returns those that match. It
	// looks at most at so many contacts, and then returns what it found with the
	// cursor to go on from.
	Search(ctx context.Context, in domain.InstitutionID, match func(domain.Contact) bool, limit int, enough func(seen int) bool, cursor string) (cs []domain.Contact, next string, err error)
	// ByEmail returns, for each address (any case) that a contact has, the
	// numbers that have it, ordered.
	ByEmail(ctx context.Context, in domain.InstitutionID, emails []string) (map[string][]domain.ContactNumber, error)
	// ByName returns the contacts that have each name, ordered by number: last and
	// first name, folded and with a blank between them.
	ByName(ctx context.Context, in domain.InstitutionID, names []string) (map[string][]domain.Contact, error)
	// All yields every contact ordered by number, in memory that does not grow
	// with their count. An error ends it.
	All(ctx context.Context, in domain.InstitutionID) iter.Seq2[domain.Contact, error]
	Values(ctx context.Context, in domain.InstitutionID, of domain.Part) iter.Seq2[domain.Contact, error]
	// Write does conditional writes, any number, at most one for a contact,
	// and answers in the same order. A write of a contact that the ticket's
	// import has written by an earlier call is not Done: Own is its stamp.
	Write(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error)
	// Create makes contacts, any number, and answers in the same order. Import
	// and line of a creation make it repeatable: again, or twice at
	// once, it is Done with the same number, whatever became of the contact
	// since. Of several creations with one identity one is Done, and the others
	// are told the contact. Next free numbers are above the highest of their
	// width. An error means that some were not tried.
	Create(ctx context.Context, in domain.InstitutionID, cs []domain.Creation) ([]domain.Made, error)
	// Claimed returns the numbers that the import's lines without one were given,
	// whether their contacts came to be or not. Lines that were given none are
	// left out.
	Claimed(ctx context.Context, in domain.InstitutionID, imp string, lines []int) (map[int]domain.Pinned, error)
	// Gone tells which of the numbers belonged to deleted contacts, with the
	// import whose undo removed them, "" if a person did; the others are left
	// out.
	Gone(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) (map[domain.ContactNumber]string, error)
	// Remove takes away contacts that nobody changed since the import named by
	// Applied.Import made them (and that have what If says); a changed one is
	// answered with Live. One that an earlier call took away is Done; one that
	// is not there for another reason is neither Done nor Live. At most one
	// write for a contact; Set does not count.
	Remove(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error)
	// AddHistory remembers changes for two years. Those of one contact by one
	// line of an import come in one call; the same again replaces them.
	AddHistory(ctx context.Context, in domain.InstitutionID, es []domain.HistoryEntry) error
	// History returns a contact's last changes, newest first.
	History(ctx context.Context, in domain.InstitutionID, n domain.ContactNumber, limit int) ([]domain.HistoryEntry, error)
	// NoteChanged notes that imports made, changed or removed contacts: what one
	// call of Put, Delete, Hide or Restore does is noted with it.
	NoteChanged(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) error
	// Changed pages through the contacts that were noted since then, by the time of
	// the note and each as it is when it is told, nil if it is deleted. One that is
	// noted again is told again, on the same or a later page. Where not all changes
	// since then are noted, all contacts are told, with those that were deleted.
	Changed(ctx context.Context, in domain.InstitutionID, since time.Time, limit int, cursor string) (domain.Changes, error)
	// ChangedSince yields those contacts that are there, ordered by number.
	ChangedSince(ctx context.Context, in domain.InstitutionID, since time.Time) iter.Seq2[domain.Contact, error]
	// Load stores contacts without reading, for seeding an empty institution.
	Load(ctx context.Context, in domain.InstitutionID, cs iter.Seq[domain.Contact]) error
}

// Catalogue keeps what an institution knows, its settings and its targets.
type Catalogue interface {
	// Catalogue returns all definitions and settings; kind NotFound for an
	// institution without settings.
	Catalogue(ctx context.Context, in domain.InstitutionID) (*domain.Catalogue, error)
	PutSettings(ctx context.Context, in domain.InstitutionID, s domain.Settings) error
	// PutField creates or replaces. d.Version is that of the definition as
	// read, 0 to create only; anything else stored is kind Conflict. A code
	// that the other room (criterion, authorisation) has is kind Conflict
	// "codeTaken". Used and UsedValues are kept from what is stored.
	PutField(ctx context.Context, in domain.InstitutionID, d domain.FieldDef) error
	// DeleteField removes; kind NotFound, or kind Conflict "inUse" when used.
	DeleteField(ctx context.Context, in domain.InstitutionID, f domain.Field) error
	// MarkUsed remembers, before they are written, that contacts have values
	// in fields (for choice kinds: which codes). It never unmarks.
	MarkUsed(ctx context.Context, in domain.InstitutionID, used map[domain.Field][]string) error
	// PutTarget creates or replaces by id with the same rule for Version.
	PutTarget(ctx context.Context, in domain.InstitutionID, t domain.Target) error
	Target(ctx context.Context, in domain.InstitutionID, id string) (domain.Target, error)
	// Targets lists by name.
	Targets(ctx context.Context, in domain.InstitutionID, limit int, cursor string) (ts []domain.Target, next string, err error)
	DeleteTarget(ctx context.Context, in domain.InstitutionID, id string) error
}

// Once makes creating repeatable.
type Once = domain.Once

// Jobs keeps imports and templates, newest first by id.
type Jobs interface {
	// CreateImport stores a new import and returns it, or the one that once.Key
	// made before (created false). An existing id is kind Conflict "exists".
	// With imp.Of set, the import it names gets imp.ID as UpdatedBy or UndoneBy
	// (by imp.OfKind) in the same transaction, if that now holds replaces;
	// otherwise kind Conflict "alreadyDone" whose ID is the one it holds.
	CreateImport(ctx context.Context, imp domain.Import, once Once, replaces string) (made domain.Import, created bool, err error)
	Import(ctx context.Context, in domain.InstitutionID, id string) (domain.Import, error)
	// BriefImport is Import without the report.
	BriefImport(ctx context.Context, in domain.InstitutionID, id string) (domain.Import, error)
	// ChangeImport reads, applies f and writes if nobody wrote in between,
	// again and again until it fits. f's error ends it and is returned as it is.
	ChangeImport(ctx context.Context, in domain.InstitutionID, id string, f func(*domain.Import) error) (domain.Import, error)
	// Imports lists newest first, without the reports.
	Imports(ctx context.Context, in domain.InstitutionID, limit int, cursor string) (is []domain.Import, next string, err error)
	// Reports reads those of a page of Imports. An import that was changed since is
	// as it is now.
	Reports(ctx context.Context, in domain.InstitutionID, is []domain.Import) error
	// SetProgress remembers the account of one chunk so far; saying it again
	// replaces it.
	SetProgress(ctx context.Context, in domain.InstitutionID, id string, chunk int, c domain.Counts) error
	// Progress returns the sum over all chunks.
	Progress(ctx context.Context, in domain.InstitutionID, id string) (domain.Counts, error)

	CreateTemplate(ctx context.Context, t domain.Template, once Once) (made domain.Template, created bool, err error)
	Template(ctx context.Context, in domain.InstitutionID, id string) (domain.Template, error)
	ChangeTemplate(ctx context.Context, in domain.InstitutionID, id string, f func(*domain.Template) error) (domain.Template, error)
	Templates(ctx context.Context, in domain.InstitutionID, limit int, cursor string) (ts []domain.Template, next string, err error)

	// OpenImports yields the imports of all institutions that were made before
	// the time and are at no end, oldest first; OpenTemplates those that are
	// being prepared.
	OpenImports(ctx context.Context, before time.Time) iter.Seq2[domain.Import, error]
	OpenTemplates(ctx context.Context, before time.Time) iter.Seq2[domain.Template, error]

	// NoteReturned remembers for 180 days that a mail to the address came back.
	NoteReturned(ctx context.Context, in domain.InstitutionID, email string) error
	Returned(ctx context.Context, in domain.InstitutionID, email string) (bool, error)
}

// File is one stored object, open for reading at any place.
type File = domain.File

// Blobs is one bucket.
type Blobs interface {
	// Put streams r to the key. Readers see nothing of it until it is whole.
	Put(ctx context.Context, key string, r io.Reader, contentType string) (domain.Object, error)
	// Open returns the object's version ("" for the newest), or kind NotFound.
	Open(ctx context.Context, o domain.Object) (File, error)
	// Get reads a whole small object, or kind NotFound.
	Get(ctx context.Context, key string) ([]byte, error)
	// Head returns the newest version's facts, or kind NotFound.
	Head(ctx context.Context, key string) (o domain.Object, modified time.Time, err error)
	// Discard deletes the object's version for good; one that is gone is no error.
	Discard(ctx context.Context, o domain.Object) error
	// SignGet returns an address that answers the object under the file name
	// for the time, and that is not to be kept by caches.
	SignGet(ctx context.Context, o domain.Object, fileName string, for_ time.Duration) (string, error)
	// SignPost returns address and form fields for one upload of at most
	// maxBytes to the key.
	SignPost(ctx context.Context, key string, maxBytes int64, for_ time.Duration) (url string, fields map[string]string, err error)
}
