// Command rollbook-chaos starts a stack of its own, runs rounds of imports
// through it in bad weather, and fails if an account is not true.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"rollbook/internal/local"
	"rollbook/internal/testing/chaos"
)

func main() {
	seed := flag.Uint64("seed", 1, "of what is drawn")
	rounds := flag.Int("rounds", 20, "how many")
	rows := flag.Int("rows", 300, "of each file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, chaos.Options{Seed: *seed, Rounds: *rounds, Rows: *rows, Shares: chaos.Rough, Restarts: true, Log: os.Stdout}); err != nil {
		fmt.Fprintln(os.Stderr, "rollbook-chaos:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o chaos.Options) error {
	dir, err := os.MkdirTemp("", "rollbook-chaos-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	proxy, err := chaos.NewProxy()
	if err != nil {
		return err
	}
	defer proxy.Close()
	stack, err := local.Up(ctx, local.Options{Dir: dir, Seed: local.Demo(1000), Progress: os.Stdout, FunctionEndpoint: proxy.URL, Keep: true})
	if err != nil {
		return err
	}
	defer stack.Down()
	proxy.Target(stack.Endpoint)
	report, err := chaos.Run(ctx, stack, proxy, o)
	fmt.Println(report.String())
	if err == nil && len(report.Violations) > 0 {
		err = fmt.Errorf("%d violations; again with -seed %d -rounds %d", len(report.Violations), o.Seed, o.Rounds)
	}
	return err
}
