package devserver

import (
	"path/filepath"
	"slices"
	"strconv"
)

// databaseName is the server's SQLite file in the data folder.
const databaseName = "temporal.db"

func (s *Server) database() string { return filepath.Join(s.options.DataDir, databaseName) }

// arguments returns the command line of the server.
func (s *Server) arguments() []string {
	o := s.options
	args := []string{
		"server", "start-dev", "--ip", host, "--port", strconv.Itoa(o.Port),
		"--db-filename", s.database(), "--namespace", o.Namespace, "--log-level", "error",
	}
	if o.UIPort < 0 {
		args = append(args, "--headless")
	} else {
		args = append(args, "--ui-port", strconv.Itoa(o.UIPort))
	}
	for _, pragma := range []string{
		"journal_mode=WAL", // the default rewrites its journal on every commit
		"synchronous=FULL", // an accepted job survives a power loss
	} {
		args = append(args, "--sqlite-pragma", pragma)
	}
	for _, value := range dynamicConfig() {
		args = append(args, "--dynamic-config-value", value)
	}
	for _, name := range o.SearchAttributes {
		args = append(args, "--search-attribute", name+"=Keyword")
	}
	return slices.Concat(args, o.Args)
}

// dynamicConfig are the settings that make the development server fit for work: its
// defaults let every step of a workflow wait 50 ms, for one shard polled 20 times a
// second, and spread tasks over more partitions than there are pollers.
func dynamicConfig() []string {
	return []string{
		"history.transferProcessorMaxPollRPS=2000",
		"history.visibilityProcessorMaxPollRPS=200",
		"history.timerProcessorMaxPollRPS=200",
		"matching.numTaskqueueReadPartitions=1",
		"matching.numTaskqueueWritePartitions=1",
		"system.enableActivityEagerExecution=true",
		"matching.enableFairness=true",
	}
}
