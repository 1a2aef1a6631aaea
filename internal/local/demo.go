package local

import (
	"context"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"time"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/local/year"
)

// Demo returns a Seed that fills the two demo institutions: aurora with n
// contacts, borealis with a tenth of that.
func Demo(n int) func(context.Context, *Stack) error {
	return func(ctx context.Context, s *Stack) error {
		db := dynamo.Open(s.Config())
		contacts := dynamo.NewContacts(db, s.Tables.Contacts, s.Tables.Emails, s.Tables.History, s.Tables.Catalogue)
		catalogue := dynamo.NewCatalogue(db, s.Tables.Catalogue)
		told := counted{contacts, n, s.options.Progress}
		if err := demo.Seed(ctx, told, catalogue, demo.Aurora, n); err != nil {
			return err
		}
		return demo.Seed(ctx, contacts, catalogue, demo.Borealis, (n+9)/10)
	}
}

// counted says every so many contacts how far it is: on the emulator a large
// institution takes minutes.
type counted struct {
	*dynamo.Contacts
	all int
	out io.Writer
}

const every = 10_000

func (c counted) Load(ctx context.Context, in domain.InstitutionID, contacts iter.Seq[domain.Contact]) error {
	if c.out == nil || c.all < 2*every {
		return c.Contacts.Load(ctx, in, contacts)
	}
	return c.Contacts.Load(ctx, in, func(yield func(domain.Contact) bool) {
		n := 0
		for contact := range contacts {
			if !yield(contact) {
				return
			}
			if n++; n%every == 0 {
				fmt.Fprintf(c.out, "%d of %d contacts\n", n, c.all)
			}
		}
	})
}

// DemoYear returns a Seed that fills them likewise and gives a past to those that
// have contacts enough for one (package year), on the day that now is in.
func DemoYear(n int, now time.Time) func(context.Context, *Stack) error {
	return func(ctx context.Context, s *Stack) error {
		if err := Demo(n)(ctx, s); err != nil {
			return err
		}
		var of []domain.InstitutionID
		if year.Enough(n) {
			of = append(of, demo.Aurora)
		}
		if year.Enough((n + 9) / 10) {
			of = append(of, demo.Borealis)
		}
		var d deployed
		if err := readJSON(filepath.Join(stateDir(s.dir), "deployed.json"), &d); err != nil {
			return fmt.Errorf("the deployed stack: %w", err)
		}
		return year.Make(ctx, year.Place{Config: s.Config(), Contacts: s.Tables.Contacts, Emails: s.Tables.Emails, History: s.Tables.History, Catalogue: s.Tables.Catalogue, Jobs: s.Tables.Jobs, Audit: s.Tables.Audit,
			Uploads: s.UploadsBucket, Files: s.FilesBucket, URL: s.URL, StateMachineARN: s.StateMachineARN, UserPoolID: d.UserPoolID, MailFrom: mailFrom, Token: s.Token}, now, of...)
	}
}
