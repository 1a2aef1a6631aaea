// Package start is the step between an uploaded object and its import: it pins
// the object's version and starts the machine, once, however often and in
// whatever order the events come. An object of the drop folder has no import
// yet; it is given one whose id comes from the object, so that it too is one
// however often it is told of.
package start

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/importing/flow"
)

// Jobs is what the step needs of the imports.
type Jobs interface {
	CreateImport(ctx context.Context, imp domain.Import, once domain.Once, replaces string) (domain.Import, bool, error)
	ChangeImport(ctx context.Context, in domain.InstitutionID, id string, f func(*domain.Import) error) (domain.Import, error)
}

// Catalogue tells whether there is such an institution, and its language.
type Catalogue interface {
	Catalogue(ctx context.Context, in domain.InstitutionID) (*domain.Catalogue, error)
}

// Machine starts executions: the same id again is success.
type Machine interface {
	Start(ctx context.Context, id string, input []byte) error
}

// Uploads is the bucket of the events.
type Uploads interface {
	// Discard deletes one version of an object for good.
	Discard(ctx context.Context, o domain.Object) error
}

// Step starts imports.
type Step struct {
	Uploads   Uploads
	Jobs      Jobs
	Catalogue Catalogue
	Machine   Machine
	Log       *slog.Logger
	Now       func() time.Time
	Keep      time.Duration // how long a job of the drop folder is kept
}

// Event is one created object. Key is as S3 events write it: form-encoded.
// Principal is whoever in the account put it there, as the event names them.
type Event struct {
	Bucket, Key, Version string
	Size                 int64
	Time                 time.Time
	Principal            string
}

// LogAttributes say which import the event is about, as far as its key says.
func (e Event) LogAttributes() []slog.Attr {
	key, _ := url.QueryUnescape(e.Key)
	parts := strings.Split(key, "/")
	var out []slog.Attr
	if len(parts) > 2 && domain.InstitutionID(parts[1]).Valid() {
		out = append(out, slog.String("institution", parts[1]))
		if parts[0] == "uploads" {
			out = append(out, slog.String("import", parts[2]))
		}
	}
	return out
}

// Run deals with one event. An event that is nobody's is logged and dropped:
// trying it again would not make it somebody's.
func (s *Step) Run(ctx context.Context, e Event) error {
	key, err := url.QueryUnescape(e.Key)
	if err != nil {
		return s.ignore(ctx, "badKey", err)
	}
	o := domain.Object{Bucket: e.Bucket, Key: key, Version: e.Version, Size: e.Size}
	parts := strings.Split(key, "/")
	switch {
	case parts[0] == "uploads" && len(parts) == 3:
		needless, err := s.uploaded(ctx, domain.InstitutionID(parts[1]), parts[2], o)
		if err == nil && needless && o.Version != "" {
			err = s.Uploads.Discard(ctx, o)
		}
		return err
	case parts[0] == "inbox" && strings.HasSuffix(key, "/"):
		return nil // a console's "folder"
	case parts[0] == "inbox" && len(parts) >= 3:
		return s.dropped(ctx, domain.InstitutionID(parts[1]), parts[2:], o, e)
	}
	return s.ignore(ctx, "strayObject", nil)
}

func (s *Step) ignore(ctx context.Context, code string, err error) error {
	s.Log.WarnContext(ctx, "object ignored", "code", code, "error", err)
	return nil
}

var (
	errOther = errors.New("not this object's turn")
	errEnded = errors.New("this object's import has ended")
)

// Uploaded claims the import for the object version and starts it. An import
// that is claimed for another version, or at its end, stays as it is.
func (s *Step) Uploaded(ctx context.Context, in domain.InstitutionID, id string, o domain.Object) error {
	_, err := s.uploaded(ctx, in, id, o)
	return err
}

// uploaded is Uploaded. needless is an object that no import reads: a form was sent
// twice, or too late. People's contacts are then not kept for nothing.
func (s *Step) uploaded(ctx context.Context, in domain.InstitutionID, id string, o domain.Object) (needless bool, err error) {
	if !in.Valid() {
		return false, s.ignore(ctx, "badInstitution", nil)
	}
	imp, err := s.Jobs.ChangeImport(ctx, in, id, func(i *domain.Import) error {
		switch {
		case i.Take(o, s.Now().UTC()):
			return nil // also the same object again: the start below may not have happened
		case i.Source == o:
			return errEnded
		}
		return errOther
	})
	switch {
	case errors.Is(err, errEnded):
		return false, nil // who sent the file said so at once, and it was a small one
	case errors.Is(err, errOther):
		return true, s.ignore(ctx, "notWaiting", nil)
	case err != nil && fault.KindOf(err) == fault.NotFound:
		return true, s.ignore(ctx, "noSuchImport", nil)
	case err != nil:
		return false, err
	}
	return false, s.Machine.Start(ctx, imp.RunID(), flow.NewRun(imp))
}

// dropped makes an import of an object in the drop folder. path is what follows
// the institution: type of data, action and name. At any other path the import has
// no type and no action, and plan rejects it, so that who dropped it is told.
func (s *Step) dropped(ctx context.Context, in domain.InstitutionID, path []string, o domain.Object, e Event) error {
	if !in.Valid() {
		return s.ignore(ctx, "badInstitution", nil)
	}
	var t domain.DataType
	var a domain.Action
	if len(path) >= 3 && slices.Contains(domain.DataTypes, domain.DataType(path[0])) && slices.Contains(domain.Actions, domain.Action(path[1])) {
		t, a = domain.DataType(path[0]), domain.Action(path[1])
	}
	if t != "" && len(path) == 3 && path[2] == domain.RecipeName {
		return nil // plan reads it with the folder's files
	}
	cat, err := s.Catalogue.Catalogue(ctx, in)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return s.ignore(ctx, "noSuchInstitution", nil)
	}
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(o.Bucket + "\n" + o.Key + "\n" + o.Version))
	now := s.Now().UTC()
	imp := domain.Import{
		ID: dropID(e.Time, sum), Institution: in, DataType: t, Action: a, Recipe: domain.Recipe{OnConflict: domain.Skip},
		FileName: domain.FileName(o.Key), Email: cat.Settings.DropEmail, Language: cat.Settings.Language, Status: domain.Checking, Source: o,
		CreatedAt: now, StartedAt: now, CreatedBy: domain.WhoIs(domain.Inbox.ID(), e.Principal), ExpiresAt: now.Add(s.Keep),
	}
	made, _, err := s.Jobs.CreateImport(ctx, imp, domain.Once{Key: "inbox-" + hex.EncodeToString(sum[:])}, "")
	if fault.KindOf(err) == fault.Conflict && err != nil {
		made = imp // redelivered after the key was forgotten
	} else if err != nil {
		return err
	}
	if made.Status.Final() {
		return nil
	}
	return s.Machine.Start(ctx, made.RunID(), flow.NewRun(made))
}

// dropID makes the id of a dropped file from what the file is, in the layout of
// a UUID version 7 (RFC 9562), so that it sorts among the others by time.
func dropID(at time.Time, sum [32]byte) string {
	var id uuid.UUID
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	copy(id[6:], sum[:10])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}
