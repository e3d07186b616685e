// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors
//
// A client made with Phoenix' own library, which keeps a record of what it has open.
import { Socket } from "phoenix";
import WebSocket from "ws";

const NEVER_MS = 3600000;

const CHANNEL_TYPES = {
  user: ["user_channel", "user_id"],
  lobby: ["lobby_channel", "lobby_id"],
  lobbies: ["lobbies_channel"],
  group: ["group_channel", "group_id"],
  groups: ["groups_channel"],
  party: ["party_channel", "party_id"],
};

// What the server is to register for a topic.
function entryOf(topic, { user, role }) {
  const [, kind, id] = /^([a-z]+):?(.*)$/.exec(topic);
  if (kind === "lv") return { type: "live_view", metadata: { page: id, user_id: user } };
  const [type, idName] = CHANNEL_TYPES[kind];
  const metadata = { user_id: user };
  if (idName) metadata[idName] = Number(id);
  if (kind === "lobby") metadata.role = role ?? "member";
  return { type, metadata };
}

function answer(push) {
  return new Promise((resolve, reject) => {
    push
      .receive("ok", resolve)
      .receive("error", (response) => reject(new Error(response.reason)))
      .receive("timeout", () => reject(new Error("no answer")));
  });
}

export class Player {
  constructor(url, user) {
    this.user = user; // undefined: he does not say who he is when he comes
    this.authenticated = user !== undefined;
    this.open = new Map(); // topic -> payload of the join
    this.channels = new Map();
    this.peer = false;
    this.connected = false;
    this.heard = []; // users who went offline
    this.socket = new Socket(url, {
      transport: WebSocket,
      params: user === undefined ? {} : { user_id: user },
      reconnectAfterMs: () => NEVER_MS,
      rejoinAfterMs: () => NEVER_MS,
    });
    this.socket.onClose(() => this.forget());
  }

  // The connection is gone. It stays so: a test that wants the player back makes another.
  forget() {
    this.connected = false;
    this.peer = false;
    this.open.clear();
    this.socket.disconnect();
  }

  connect() {
    return new Promise((resolve, reject) => {
      this.socket.onError((error) => reject(new Error(error.message)));
      this.socket.onOpen(() => {
        this.connected = true;
        resolve(this);
      });
      this.socket.connect();
    });
  }

  async join(topic, payload = {}) {
    const channel = this.socket.channel(topic, payload);
    channel.on("user_offline", ({ user_id }) => this.heard.push(user_id));
    try {
      await answer(channel.join());
    } catch (error) {
      channel.leave();
      throw error;
    }
    if (!this.authenticated && topic.startsWith("user:")) {
      this.user = Number(topic.slice("user:".length));
      this.authenticated = true;
    }
    this.channels.set(topic, channel);
    this.open.set(topic, { ...payload, user: this.user ?? 0 });
    return channel;
  }

  async leave(topic) {
    await answer(this.channels.get(topic).leave());
    this.open.delete(topic);
    if (topic.startsWith("user:")) this.peer = false;
  }

  async push(topic, event, payload = {}) {
    const response = await answer(this.channels.get(topic).push(event, payload));
    if (event.startsWith("webrtc:")) this.peer = event === "webrtc:offer";
    if (event === "role") this.open.set(topic, { ...this.open.get(topic), ...payload });
    return response;
  }

  heartbeat() {
    const { socket } = this;
    const ref = socket.makeRef();
    const answered = new Promise((resolve) => {
      const id = socket.onMessage((message) => {
        if (message.ref !== ref) return;
        socket.off([id]);
        resolve();
      });
    });
    socket.push({ topic: "phoenix", event: "heartbeat", payload: {}, ref });
    return answered;
  }

  close() {
    return new Promise((resolve) => this.socket.disconnect(resolve));
  }

  // The cable is cut: no close, no FIN, and no answer to any ping.
  vanish() {
    this.socket.conn._socket.pause();
  }

  // End a vanished one here, where nobody hears of it.
  destroy() {
    this.socket.conn.terminate();
  }

  // What is to be in the tracker because of this player.
  entries() {
    if (!this.connected) return [];
    const { user = 0, authenticated } = this;
    const socket = { user_id: user, authenticated, addr: "127.0.0.1" };
    return [
      { type: "ws_socket", metadata: socket },
      ...[...this.open].map(([topic, payload]) => entryOf(topic, payload)),
      ...(this.peer ? [{ type: "webrtc_peer", metadata: { user_id: user } }] : []),
    ];
  }
}
