# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
#
# Elixir's Registry, as Phoenix servers use it: a process a connection, registered under its type
# with its metadata; whoever dies is gone. A worker asks the processes of some random connections
# at a time to unregister and to register again, so that waiting for their answers costs little.
#
#   elixir registry.exs STANDING WORKERS REPS MILLISECONDS

defmodule Connection do
  @type_key :ws_socket
  @metadata %{addr: "192.168.100.7", user_id: 1_000_000, page: "abcdefghijklmnopqrstuvwx"}

  def start(parent) do
    spawn_link(fn ->
      register()
      send(parent, :registered)
      loop()
    end)
  end

  defp register do
    {:ok, _} = Registry.register(Peer, @type_key, @metadata)
  end

  defp loop do
    receive do
      {:replace, from} ->
        :ok = Registry.unregister(Peer, @type_key)
        register()
        send(from, :replaced)
        loop()
    end
  end
end

defmodule Worker do
  @at_once 16

  # Replaces until the time is over; returns the pairs done and the nanoseconds taken.
  def run(connections, ms) do
    start = System.monotonic_time(:nanosecond)
    pairs = replace(connections, tuple_size(connections), start + ms * 1_000_000, 0)
    {pairs, System.monotonic_time(:nanosecond) - start}
  end

  defp replace(connections, count, stop, pairs) do
    for _ <- 1..@at_once do
      send(elem(connections, :rand.uniform(count) - 1), {:replace, self()})
    end

    for _ <- 1..@at_once do
      receive(do: (:replaced -> :ok))
    end

    if System.monotonic_time(:nanosecond) < stop,
      do: replace(connections, count, stop, pairs + @at_once),
      else: pairs + @at_once
  end
end

[standing, workers, reps, ms] = Enum.map(System.argv(), &String.to_integer/1)
{:ok, _} = Registry.start_link(keys: :duplicate, name: Peer, partitions: System.schedulers_online())

parent = self()
pids = for _ <- 1..standing, do: Connection.start(parent)
for _ <- pids, do: receive(do: (:registered -> :ok))
shares = pids |> Enum.chunk_every(div(standing, workers)) |> Enum.take(workers)
shares = Enum.map(shares, &List.to_tuple/1)

round = fn ms ->
  shares
  |> Enum.map(fn share -> Task.async(fn -> Worker.run(share, ms) end) end)
  |> Task.await_many(:infinity)
end

round.(div(ms, 5) + 1)

samples =
  for _ <- 1..reps do
    results = round.(ms)
    pairs = results |> Enum.map(&elem(&1, 0)) |> Enum.sum()
    taken = results |> Enum.map(&elem(&1, 1)) |> Enum.sum()
    {taken / pairs, results |> Enum.map(fn {p, ns} -> p * 1.0e9 / ns end) |> Enum.sum()}
  end

{counts_us, ^standing} = :timer.tc(fn -> Registry.count_match(Peer, :ws_socket, :_) end)

median = fn values -> values |> Enum.sort() |> Enum.at(div(length(values), 2)) end
{ns, rates} = Enum.unzip(samples)
list = fn values -> Enum.map_join(values, ", ", &:erlang.float_to_binary(&1, decimals: 1)) end

IO.puts(
  ~s({"bench": "churn", "peer": "elixir-registry", "workers": #{workers}, "threads": 1, ) <>
    ~s("standing": #{standing}, "metadata": 64, "mode": "random", "clock": "wall", ) <>
    ~s("reps": #{reps}, "ns_per_pair": #{Float.round(median.(ns), 1)}, ) <>
    ~s("pairs_per_s": #{round(median.(rates))}, "count_ns": #{counts_us * 1000}, ) <>
    ~s("samples_ns_per_pair": [#{list.(ns)}], "samples_pairs_per_s": [#{list.(rates)}]})
)
