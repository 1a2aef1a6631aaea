package memory

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"rollbook/internal/mail"
)

// Mails keeps the mails that were sent.
type Mails struct {
	mu   sync.Mutex
	sent []mail.Message
	err  error
}

// Send keeps the mail, or returns what Fail said.
func (m *Mails) Send(_ context.Context, msg mail.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	m.sent = append(m.sent, msg)
	return nil
}

// Fail makes every Send from now on return err; nil ends that.
func (m *Mails) Fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

// Sent returns the mails, oldest first.
func (m *Mails) Sent() []mail.Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.sent)
}

// Execution is one start of the machine.
type Execution struct {
	ID    string
	Input []byte
}

// Machine keeps the executions that were started.
type Machine struct {
	mu      sync.Mutex
	started []Execution
	ended   []string
	err     error
}

// Execution returns an ARN as the service makes them.
func (m *Machine) Execution(id string) string {
	return "arn:aws:states:eu-central-1:123456789012:execution:rollbook-import:" + id
}

// Start keeps the execution, or returns what Fail said. The same id again is
// success and changes nothing.
func (m *Machine) Start(_ context.Context, id string, input []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	if !slices.ContainsFunc(m.started, func(e Execution) bool { return e.ID == id }) {
		m.started = append(m.started, Execution{id, bytes.Clone(input)})
	}
	return nil
}

// Fail makes every Start from now on return err; nil ends that.
func (m *Machine) Fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

// Look tells whether there is an execution with the id, and whether it runs.
func (m *Machine) Look(_ context.Context, id string) (known, running bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known = slices.ContainsFunc(m.started, func(e Execution) bool { return e.ID == id })
	return known, known && !slices.Contains(m.ended, id), nil
}

// End makes the execution with the id one that no longer runs.
func (m *Machine) End(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = append(m.ended, id)
}

// Started returns the executions, oldest first.
func (m *Machine) Started() []Execution {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.started)
}
