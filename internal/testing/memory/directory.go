package memory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Directory is a user pool. It knows those whom it invited, and those in Known.
type Directory struct {
	mu    sync.Mutex
	users map[string]*DirectoryUser
	// NewID is the id of a new user; nil for a number.
	NewID func(email string) string
	// Known are users who have signed in, by their ids.
	Known map[string]DirectoryUser
	// Mails are the addresses that were mailed, in order.
	Mails []string
}

// DirectoryUser is one user.
type DirectoryUser struct {
	Institution domain.InstitutionID
	Email, Role string
	Disabled    bool
	SignedIn    bool // so that nobody can invite the user again
}

// User returns what is known of a user.
func (d *Directory) User(id string) (DirectoryUser, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if u := d.find(id); u != nil {
		return *u, true
	}
	return DirectoryUser{}, false
}

// Users are all users, by their addresses.
func (d *Directory) Users() []DirectoryUser {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.find("")
	var out []DirectoryUser
	for _, u := range d.users {
		out = append(out, *u)
	}
	slices.SortFunc(out, func(a, b DirectoryUser) int { return strings.Compare(a.Email, b.Email) })
	return out
}

func (d *Directory) find(id string) *DirectoryUser {
	if d.users == nil {
		d.users = map[string]*DirectoryUser{}
		for id, u := range d.Known {
			u.SignedIn = true
			d.users[id] = &u
		}
	}
	return d.users[id]
}

// Invite makes a user, or mails one again who has not signed in.
func (d *Directory) Invite(_ context.Context, in domain.InstitutionID, email, role string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.find("")
	for id, u := range d.users {
		if u.Email != email {
			continue
		}
		if u.SignedIn || u.Institution != in {
			return "", fault.New(fault.Conflict, "userExists")
		}
		u.Role = role
		d.Mails = append(d.Mails, email)
		return id, nil
	}
	id := fmt.Sprintf("invited-%d", len(d.users)+1)
	if d.NewID != nil {
		id = d.NewID(email)
	}
	d.users[id] = &DirectoryUser{Institution: in, Email: email, Role: role}
	d.Mails = append(d.Mails, email)
	return id, nil
}

// SetRole gives a user the role.
func (d *Directory) SetRole(_ context.Context, id, role string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.find(id)
	if u == nil {
		return fault.New(fault.Conflict, "userElsewhere")
	}
	u.Role = role
	return nil
}

// SetEnabled says whether a user may sign in.
func (d *Directory) SetEnabled(_ context.Context, id string, enabled bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.find(id)
	if u == nil {
		return fault.New(fault.Conflict, "userElsewhere")
	}
	u.Disabled = !enabled
	return nil
}
