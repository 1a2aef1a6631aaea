// Command rollbook-local runs Rollbook on this machine, on an emulated AWS.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"rollbook/internal/local"
	"rollbook/internal/local/emulator"
)

const usage = `Usage:
  rollbook-local up [--dir DIR] [--port PORT] [--contacts N]   start a stack and return when it is ready
  rollbook-local down [--dir DIR]                              end it; what it holds is kept for the next
  rollbook-local reset [--dir DIR]                             end it and forget what it held
  rollbook-local token [--dir DIR] EMAIL                       print a bearer token of one of its users
  rollbook-local emulator COMMAND [ARGUMENT…]                  run a command beside an emulated AWS for tests

DIR is where the stack keeps its state, .local in the repository unless given.
PORT is 8080 unless given; 0 takes any free one.
N contacts are made for the demo institution aurora, 2000 unless given, and a tenth
of that for borealis; who has 150 or more has a past too. Naming a number empties the
stack first.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	if err := run(ctx, os.Args[1], os.Args[2:]); err != nil {
		// The command that ran beside the emulator has said what is wrong.
		if beside, ok := errors.AsType[besideError](err); ok {
			os.Exit(beside.code)
		}
		fmt.Fprintln(os.Stderr, "rollbook-local:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, command string, args []string) error {
	root, err := emulator.Root()
	if err != nil {
		return err
	}
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprint(flags.Output(), usage) }
	dir := flags.String("dir", filepath.Join(root, ".local"), "")
	switch command {
	case "up":
		port := flags.Int("port", -1, "")
		contacts := flags.Int("contacts", -1, "")
		if err := flags.Parse(args); err != nil {
			return err
		}
		return up(ctx, *dir, *port, *contacts)
	case "down":
		if err := flags.Parse(args); err != nil {
			return err
		}
		// Where much is held it takes a while, and whoever waits need not wonder.
		defer time.AfterFunc(3*time.Second, func() { fmt.Println("Writing what the stack holds") }).Stop()
		return local.Down(*dir)
	case "reset":
		if err := flags.Parse(args); err != nil {
			return err
		}
		return local.Reset(*dir)
	case "serve":
		port := flags.Int("port", 0, "")
		if err := flags.Parse(args); err != nil {
			return err
		}
		return local.Serve(ctx, local.Options{Dir: *dir, Port: *port, Keep: true})
	case "token":
		if err := flags.Parse(args); err != nil {
			return err
		}
		if flags.NArg() != 1 {
			return errors.New("token takes the e-mail address of a user")
		}
		s, err := local.Load(*dir)
		if err != nil {
			return err
		}
		token, err := s.Token(ctx, flags.Arg(0))
		if err != nil {
			return err
		}
		fmt.Println(token)
		return nil
	case "emulator":
		return beside(ctx, args)
	default:
		return fmt.Errorf("no command %q; without one it lists them", command)
	}
}

func up(ctx context.Context, dir string, port, contacts int) error {
	// Whoever asks for another port or number of contacts wants a stack with
	// these; else the one that runs, and what is in it, stays.
	s, err := local.Load(dir)
	if err == nil && contacts < 0 && (port < 0 || s.URL == fmt.Sprintf("http://localhost:%d", port)) {
		fmt.Println("Rollbook is running already; make stop ends it.")
		announce(s)
		return nil
	}
	end := local.Down
	if contacts >= 0 {
		end = local.Reset
	}
	if err := end(dir); err != nil {
		return err
	}
	if port < 0 {
		port = 8080
	}
	if contacts < 0 {
		contacts = 2000
	}
	s, err = local.Up(ctx, local.Options{
		Dir: dir, Port: port, Detach: true, Seed: local.DemoYear(contacts, time.Now()), Progress: os.Stdout,
	})
	if err != nil {
		return err
	}
	announce(s)
	return nil
}

func announce(s *local.Stack) {
	fmt.Printf(`
  Screen    %s
  Sign in   %s, password %s
  Mailbox   %s/_local/mail
`, s.URL, s.Users[0].Email, s.Users[0].Password, s.URL)
}

// beside runs a command with the address of an emulator in its environment.
func beside(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("emulator takes a command")
	}
	dir, err := os.MkdirTemp("", "rollbook-emulator-")
	if err != nil {
		return err
	}
	e, err := emulator.Start(ctx, emulator.Options{Dir: dir, Remove: true})
	if err != nil {
		return err
	}
	defer e.Stop()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), emulator.EndpointVariable+"="+e.Endpoint)
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return besideError{exit.ExitCode()}
	}
	return err
}

// besideError is how the command beside the emulator ended.
type besideError struct{ code int }

func (e besideError) Error() string { return fmt.Sprintf("ended with %d", e.code) }
