package api

import (
	"context"
	"encoding/hex"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
	"rollbook/internal/domain/text"
)

// limited is the answer past a limit.
func limited(key string, wait time.Duration, values ...any) error {
	p := newProblem(http.StatusTooManyRequests).because(reason.New(key, values...))
	p.headers = http.Header{"Retry-After": {strconv.Itoa(max(1, int(wait/time.Second)))}}
	return p
}

// bound is one limit with the code of the answer past it.
type bound struct {
	name   string
	code   string
	of     func(domain.Limits) int
	window time.Duration // of what is counted; 0 for what is under way
}

func newBound(name, code string, of func(domain.Limits) int, window time.Duration) bound {
	return bound{name, code, of, window}
}

var (
	importsAtOnce = newBound("importsAtOnce", "tooManyImports", func(l domain.Limits) int { return l.ImportsAtOnce }, 0)
	rowsADay      = newBound("rowsADay", "tooManyRowsToday", func(l domain.Limits) int { return l.RowsADay }, 24*time.Hour)
	mailsADay     = newBound("mailsADay", "tooManyMails", func(l domain.Limits) int { return l.MailsADay }, 24*time.Hour)
	deletions     = newBound("deletionsAnHour", "tooManyDeletions", func(l domain.Limits) int { return l.DeletionsAnHour }, time.Hour)
	previews      = newBound("previewsAtOnce", "tooManyPreviews", func(l domain.Limits) int { return l.PreviewsAtOnce }, 0)
	contactsADay  = newBound("contactsADay", "tooManyContactsSeen", func(l domain.Limits) int { return l.ContactsADay }, 24*time.Hour)
	bounds        = []bound{importsAtOnce, rowsADay, mailsADay, deletions, previews, contactsADay}
)

// scopes are whom a request counts for, with their limits.
func scopes(c Claims, s domain.Settings) map[string]domain.Limits {
	return map[string]domain.Limits{"institution": s.Limits.Within(domain.InstitutionLimits), c.User: s.UserLimits.Within(domain.UserLimits)}
}

// usageID names the record of what a scope did in the window that it is now.
func (b bound) usageID(scope string, now time.Time) string {
	if b.window == 0 {
		return b.name + "#" + scope
	}
	return b.name + "#" + scope + "#" + now.UTC().Truncate(b.window).Format("2006-01-02T15")
}

// take counts one more of what the bound is about, or refuses it.
func (s *server) take(ctx context.Context, c Claims, settings domain.Settings, b bound) error {
	return s.takeMany(ctx, c, settings, b, 1)
}

// takeMany counts so many more, or refuses them once the bound is reached.
func (s *server) takeMany(ctx context.Context, c Claims, settings domain.Settings, b bound, n int) error {
	now := s.Now()
	count := func(scope string, n, most int) error {
		_, err := s.Usage.Change(ctx, c.Institution, b.usageID(scope, now), func(u *domain.Usage) error {
			if n > 0 && u.Count >= most {
				return limited(b.code, now.Truncate(b.window).Add(b.window).Sub(now), u.Count)
			}
			u.Count, u.EndsAt = max(0, u.Count+n), now.Truncate(b.window).Add(2*b.window)
			return nil
		})
		return err
	}
	var taken []string
	for scope, limits := range scopes(c, settings) {
		if err := count(scope, n, b.of(limits)); err != nil {
			for _, scope := range taken {
				err = errors.Join(err, count(scope, -n, 0))
			}
			return err
		}
		taken = append(taken, scope)
	}
	return nil
}

// hold counts something that is under way until release is called, or for as
// long as it can last.
func (s *server) hold(ctx context.Context, c Claims, settings domain.Settings, b bound, most time.Duration) (release func(), err error) {
	id, now := hex.EncodeToString(random(8)), s.Now()
	var held []string
	release = func() {
		for _, scope := range held {
			_, err := s.Usage.Change(context.WithoutCancel(ctx), c.Institution, b.usageID(scope, now), func(u *domain.Usage) error {
				delete(u.Leases, id)
				return nil
			})
			if err != nil {
				s.Log.WarnContext(ctx, "a lease stays until it ends", "institution", c.Institution, "cause", err.Error())
			}
		}
	}
	for scope, limits := range scopes(c, settings) {
		_, err := s.Usage.Change(ctx, c.Institution, b.usageID(scope, now), func(u *domain.Usage) error {
			maps.DeleteFunc(u.Leases, func(_ string, until time.Time) bool { return !now.Before(until) })
			if len(u.Leases) >= b.of(limits) {
				return limited(b.code, 2*time.Second, len(u.Leases))
			}
			if u.Leases == nil {
				u.Leases = map[string]time.Time{}
			}
			u.Leases[id] = now.Add(most)
			u.EndsAt = now.Add(2 * most)
			return nil
		})
		if err != nil {
			release()
			return nil, err
		}
		held = append(held, scope)
	}
	return release, nil
}

// running counts imports under way and the rows of the last day, of the
// institution and of the caller. It comes from the imports themselves, so that
// those of the drop folder count as well.
func (s *server) running(ctx context.Context, c Claims) (map[string]domain.Limits, error) {
	all, mine := domain.Limits{}, domain.Limits{}
	_, err := domain.LastDay(s.Now().Add(-rowsADay.window), func(cursor string) ([]domain.Import, string, error) {
		return s.Jobs.Imports(ctx, c.Institution, 100, cursor)
	}, func(i *domain.Import) {
		for _, l := range []*domain.Limits{&all, &mine} {
			if l == &mine && i.CreatedBy.ID() != c.User {
				continue
			}
			if !i.Status.Final() {
				l.ImportsAtOnce++
			}
			l.RowsADay += i.Rows
		}
	})
	return map[string]domain.Limits{"institution": all, c.User: mine}, err
}

// mayRun refuses another import of the rows past the limits of the institution as
// it is now.
func (s *server) mayRun(ctx context.Context, c Claims, rows int) error {
	cat, err := s.catalogue(ctx, c.Institution)
	if err != nil {
		return err
	}
	return s.mayImport(ctx, c, cat.Settings, rows)
}

// mayImport refuses another import past the limits. rows is how many it has, 0 if
// nobody knows yet.
func (s *server) mayImport(ctx context.Context, c Claims, settings domain.Settings, rows int) error {
	used, err := s.running(ctx, c)
	if err != nil {
		return err
	}
	for scope, limits := range scopes(c, settings) {
		if n := used[scope].ImportsAtOnce; n >= limits.ImportsAtOnce {
			return limited(importsAtOnce.code, 30*time.Second, n)
		}
		if n := used[scope].RowsADay; n >= limits.RowsADay || n+rows > limits.RowsADay {
			return limited(rowsADay.code, time.Hour, n)
		}
	}
	return nil
}

// mayMail refuses an address that is neither a user's nor of a domain that the
// institution lists, and a mail past the limits.
func (s *server) mayMail(ctx context.Context, c Claims, settings domain.Settings, email string) error {
	if email == "" {
		return nil
	}
	allowed, err := s.addressAllowed(ctx, c, settings, email)
	if err != nil {
		return err
	}
	if !allowed {
		return fault.At("body.email", "addressNotAllowed")
	}
	return s.take(ctx, c, settings, mailsADay)
}

func (s *server) addressAllowed(ctx context.Context, c Claims, settings domain.Settings, email string) (bool, error) {
	email = text.NormaliseEmail(email)
	_, host, _ := strings.Cut(email, "@")
	for _, d := range settings.MailDomains {
		if strings.EqualFold(d, host) {
			return true, nil
		}
	}
	if email == text.NormaliseEmail(c.Email) {
		return true, nil
	}
	for cursor := ""; ; {
		us, next, err := s.Users.List(ctx, c.Institution, 200, cursor)
		if err != nil {
			return false, err
		}
		for _, u := range us {
			if !u.Disabled && text.NormaliseEmail(u.Email) == email {
				return true, nil
			}
		}
		if cursor = next; next == "" {
			return false, nil
		}
	}
}

// used is one limit and how much of it is used.
type used struct {
	Used  int `json:"used"`
	Limit int `json:"limit"`
}

type usage struct {
	Institution map[string]used `json:"institution" doc:"By the names of the limits in the settings."`
	User        map[string]used `json:"user" doc:"Of who asks."`
}

type usageAnswer struct {
	ETag string `header:"ETag"`
	Body usage
}

func (s *server) usageRoutes() {
	route(s, Viewer, huma.Operation{
		OperationID: "getUsage", Method: http.MethodGet, Path: "/api/usage", Tags: []string{tagMe},
		Summary: "The limits, and how much of them is used",
	}, func(ctx context.Context, c Claims, _ *struct{}) (*usageAnswer, error) {
		cat, err := s.catalogue(ctx, c.Institution)
		if err != nil {
			return nil, err
		}
		running, err := s.running(ctx, c)
		if err != nil {
			return nil, err
		}
		out := usage{map[string]used{}, map[string]used{}}
		for scope, limits := range scopes(c, cat.Settings) {
			to := out.User
			if scope == "institution" {
				to = out.Institution
			}
			for _, b := range bounds {
				n := 0
				if b.name == importsAtOnce.name || b.name == rowsADay.name {
					n = b.of(running[scope])
				} else if u, err := s.Usage.Get(ctx, c.Institution, b.usageID(scope, s.Now())); err == nil {
					maps.DeleteFunc(u.Leases, func(_ string, until time.Time) bool { return !s.Now().Before(until) })
					n = u.Count + len(u.Leases)
				} else if fault.KindOf(err) != fault.NotFound {
					return nil, err
				}
				to[b.name] = used{n, b.of(limits)}
			}
		}
		return &usageAnswer{tag(out), out}, nil
	})
}
